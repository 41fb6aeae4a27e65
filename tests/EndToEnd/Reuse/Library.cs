using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reuse;

/// <summary>
/// A workspace with every kind of crate: a library <c>kit</c> with a feature and an included file, a library <c>table</c>
/// whose source a build script writes, a library <c>naming</c> and the proc macro <c>macros</c> above it, and two probes.
/// </summary>
internal static class Library
{
    /// <summary>What a build says of each crate in a checkout that has never been built.</summary>
    public const string AllCompiled = """
        kit (library): Executed
        macros (proc macro): Executed
        naming (library): Executed
        table (build script): Executed
        table (library): Executed
        """;

    /// <summary>What it says where the cache has them.</summary>
    public static readonly string AllFound = AllCompiled.Replace("Executed", "ActionCache", StringComparison.Ordinal);

    /// <summary>Writes the workspace.</summary>
    public static void Write(Checkout checkout)
    {
        checkout.Write("Cargo.toml", """
            [workspace]
            resolver = "2"
            members = ["kit", "macros", "naming", "table", "probes/*"]

            [profile.release]
            panic = "abort"
            """);
        WriteManifest(checkout, "kit", "[features]\nbig = []\n");
        checkout.Write("kit/src/lib.rs", """
            #![no_std]
            #[panic_handler]
            fn panic(_: &core::panic::PanicInfo) -> ! {
                loop {}
            }
            pub const SIZE: u32 = if cfg!(feature = "big") { 2 } else { 1 };
            pub const TEXT: &str = include_str!("../text.txt");
            pub const LABEL: Option<&str> = option_env!("PROBE_KIT_LABEL");
            fn unused() {}
            """);
        checkout.Write("kit/text.txt", "text");
        WriteManifest(checkout, "naming", "");
        checkout.Write("naming/src/lib.rs", "pub fn number() -> u32 {\n    7\n}\n");
        WriteManifest(checkout, "macros", "[lib]\nproc-macro = true\n[dependencies]\nnaming = { path = \"../naming\" }\n");
        checkout.Write("macros/src/lib.rs", """
            #[proc_macro]
            pub fn number(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
                format!("{}u32", naming::number()).parse().unwrap()
            }
            """);
        WriteManifest(checkout, "table", "");
        checkout.Write("table/build.rs", """
            fn main() {
                println!("cargo:rerun-if-changed=table.txt");
                let out = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("table.rs");
                std::fs::write(out, format!("pub const TABLE: u32 = {};", std::fs::read_to_string("table.txt").unwrap())).unwrap();
            }
            """);
        checkout.Write("table/table.txt", "3");
        checkout.Write("table/src/lib.rs", "#![no_std]\ninclude!(concat!(env!(\"OUT_DIR\"), \"/table.rs\"));\n");
        WriteProbe(checkout, "one", "macros::number!() + table::TABLE");
        WriteProbe(checkout, "two", "macros::number!()");
        checkout.Configure("\"variants\": { \"modern\": { \"cpu\": \"v3\" } }");
    }

    /// <summary>Writes a probe that returns the value of an expression, more than what its crates give.</summary>
    public static void WriteProbe(Checkout checkout, string name, string expression)
    {
        WriteManifest(checkout, $"probes/{name}", """
            [dependencies]
            kit = { path = "../../kit" }
            macros = { path = "../../macros" }
            table = { path = "../../table" }

            """, name);
        Support.Crates.WriteMain(checkout, name, $"(unsafe {{ *context }}) + kit::SIZE + kit::TEXT.len() as u32 + {expression}");
    }

    /// <summary>A further checkout of the same sources.</summary>
    public static Checkout Clone(Checkout checkout, string directory)
    {
        var clone = new Checkout(directory, checkout.Cache);
        Directory.CreateDirectory(directory);
        foreach (var part in (string[])["Cargo.toml", "bpfincr.json", "kit", "macros", "naming", "table", "probes"])
            Tool.Do("cp", "-r", checkout[part], directory);
        return clone;
    }

    /// <summary>What a build says of crates, a line each, in the order of their names.</summary>
    public static string Crates(BuildResult build) => string.Join('\n', CrateLine.Parse(build.Output).Select(c => $"{c.Crate}: {c.Outcome}"));

    private static void WriteManifest(Checkout checkout, string directory, string rest, string? name = null) => checkout.Write(
        $"{directory}/Cargo.toml", $"[package]\nname = \"{name ?? directory}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}");
}
