using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.EndToEnd.Tests.Tiers;

namespace BpfIncr.EndToEnd.Tests.Audit;

/// <summary>
/// A built workspace with probes that are not the same each time: <c>clock</c>, whose proc macro reads the clock; <c>script</c>,
/// whose crate's build script writes its process's number; <c>place</c>, which has its directory compiled in; and <c>steady</c>, which uses
/// a proc macro and a build script as one should.
/// </summary>
public sealed class UnsteadyWorkspace : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Lazy<JsonElement> _report;

    public UnsteadyWorkspace()
    {
        Checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        Temporary = Directory.CreateDirectory(_directory["temporary"]).FullName;
        Crates.WriteWorkspace(Checkout);
        Checkout.Replace("Cargo.toml", "\"mid\"", "\"mid\", \"macros\", \"stamp\", \"table\"");
        Write("macros", "[lib]\nproc-macro = true\n", """
            use proc_macro::TokenStream;
            #[proc_macro]
            pub fn now(_: TokenStream) -> TokenStream {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
                format!("{}u32", now.as_nanos() % 1_000_000_000).parse().unwrap()
            }
            #[proc_macro]
            pub fn seven(_: TokenStream) -> TokenStream {
                "7u32".parse().unwrap()
            }
            """);
        WriteScripted("stamp", "std::process::id()");
        WriteScripted("table", "5");
        WriteProbe("clock", "macros::now!()");
        WriteProbe("script", "stamp::NUMBER");
        WriteProbe("place", "env!(\"CARGO_MANIFEST_DIR\").as_bytes()[x as usize % 16] as u32");
        WriteProbe("steady", "macros::seven!() + table::NUMBER");
        Checkout.Configure(Checkout.Variants);
        Checkout.Build().Succeeded();
        _report = new Lazy<JsonElement>(() => JsonDocument.Parse(Audit("--json").Output).RootElement);
    }

    /// <summary>The workspace.</summary>
    internal Checkout Checkout { get; }

    /// <summary>Where the program puts what it needs for a moment.</summary>
    internal string Temporary { get; }

    /// <summary>What an audit of everything says.</summary>
    internal JsonElement Report => _report.Value;

    /// <summary>A path that is not in the workspace.</summary>
    internal string Beside(string name) => _directory[name];

    /// <summary>Runs <c>bpfincr audit</c>.</summary>
    internal ToolResult Audit(params IEnumerable<string> arguments) => Checkout.Run([("TMPDIR", Temporary)], ["audit", .. arguments]);

    /// <summary>Every file of the workspace, sources and what was built.</summary>
    internal string State() => Runners.StateOf(Checkout.Directory);

    /// <summary>Every result and blob of the cache.</summary>
    internal string CacheState() => $"{Runners.StateOf(Path.Combine(Checkout.Cache, "v1/results"))}\n{Runners.StateOf(Path.Combine(Checkout.Cache, "v1/blobs"))}";

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private void WriteScripted(string name, string number)
    {
        Write(name, "", "#![no_std]\ninclude!(concat!(env!(\"OUT_DIR\"), \"/" + name + ".rs\"));\n");
        Checkout.Write($"{name}/build.rs", $$"""
            fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                let out = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("{{name}}.rs");
                std::fs::write(out, format!("pub const NUMBER: u32 = {};", {{number}})).unwrap();
            }
            """);
    }

    private void WriteProbe(string name, string expression) => Crates.WriteProbe(
        Checkout, name, expression, string.Concat(((string[])["macros", "stamp", "table"])
            .Where(c => expression.Contains($"{c}::", StringComparison.Ordinal)).Select(c => $"{c} = {{ path = \"../../{c}\" }}\n")));

    private void Write(string name, string manifest, string source)
    {
        Checkout.Write($"{name}/Cargo.toml", $"[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{manifest}");
        Checkout.Write($"{name}/src/lib.rs", source);
    }
}
