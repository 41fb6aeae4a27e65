namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>
/// A small Cargo workspace made by the test, to be edited in every way: a crate <c>kit</c> that every probe uses, a
/// crate <c>mid</c> between, and probes that return a number of their own.
/// </summary>
internal static class Crates
{
    /// <summary>Writes the workspace with its two crates and a <c>bpfincr.json</c>.</summary>
    public static void WriteWorkspace(Checkout checkout)
    {
        checkout.Write("Cargo.toml", """
            [workspace]
            resolver = "2"
            members = ["kit", "mid", "probes/*"]

            [profile.dev]
            panic = "abort"

            [profile.release]
            panic = "abort"
            """);
        WriteCrate(checkout, "kit", "[features]\nbig = []\n", """
            #![no_std]
            #[panic_handler]
            fn panic(_: &core::panic::PanicInfo) -> ! {
                loop {}
            }
            pub const SIZE: u32 = if cfg!(feature = "big") { 2 } else { 1 };
            pub fn shared(x: u32) -> u32 {
                x + 10
            }
            """);
        WriteCrate(checkout, "mid", "[dependencies]\nkit = { path = \"../kit\" }\n[features]\nmore = [\"kit/big\"]\n", """
            #![no_std]
            pub fn between(x: u32) -> u32 {
                kit::shared(x) + 100
            }
            """);
        checkout.Configure("\"variants\": { \"one\": { \"cpu\": \"v1\" }, \"two\": { \"cpu\": \"v3\", \"inline\": \"calls\" } }");
    }

    /// <summary>Writes a probe that returns the value of an expression; a probe of that name is replaced.</summary>
    /// <param name="checkout">Where.</param>
    /// <param name="name">The probe's name.</param>
    /// <param name="expression">A Rust expression of type <c>u32</c>.</param>
    /// <param name="dependencies">Lines of its manifest.</param>
    public static void WriteProbe(Checkout checkout, string name, string expression, string dependencies = "")
    {
        WriteManifest(checkout, $"probes/{name}", name, $"[dependencies]\nkit = {{ path = \"../../kit\" }}\n{dependencies}");
        WriteMain(checkout, name, $"let x = unsafe {{ *context }};\n    {expression} + kit::SIZE");
    }

    /// <summary>Writes the source of a probe: an XDP program with these lines in its function.</summary>
    public static void WriteMain(Checkout checkout, string name, string body) => checkout.Write($"probes/{name}/src/main.rs", $$"""
        #![no_std]
        #![no_main]
        #[no_mangle]
        #[link_section = "license"]
        static LICENSE: [u8; 4] = *b"GPL\0";
        #[no_mangle]
        #[link_section = "xdp"]
        extern "C" fn {{name}}(context: *const u32) -> u32 {
            {{body}}
        }
        """);

    private static void WriteCrate(Checkout checkout, string name, string manifest, string source)
    {
        WriteManifest(checkout, name, name, manifest);
        checkout.Write($"{name}/src/lib.rs", source);
    }

    private static void WriteManifest(Checkout checkout, string directory, string name, string rest) =>
        checkout.Write($"{directory}/Cargo.toml", $"[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}");
}
