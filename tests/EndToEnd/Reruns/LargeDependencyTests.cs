using BpfIncr.EndToEnd.Tests.Kernel;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>
/// A probe whose dependencies are much larger than itself: a build script writes bindings of the kernel's types, in the
/// style of bindgen, 200 lines for each type, and a procedural macro declares the program. <c>BPFINCR_TEST_TYPES</c>
/// says how many types.
/// </summary>
public sealed class LargeDependencyTests : IDisposable
{
    private const string Source = "probe/src/main.rs", Changed = "bindings/types.txt";
    private static readonly int Types = Amounts.Of("BPFINCR_TEST_TYPES");

    private readonly TestDirectory _directory = new();
    private readonly BpfFileSystem _kernel = new();
    private readonly Checkout _checkout;

    public LargeDependencyTests()
    {
        _checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        _checkout.Write("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"bindings\", \"macros\", \"probe\"]\n[profile.dev]\npanic = \"abort\"\n[profile.release]\npanic = \"abort\"\n");
        WriteCrate("bindings", "", "#![no_std]\n#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals)]\ninclude!(concat!(env!(\"OUT_DIR\"), \"/bindings.rs\"));\n");
        _checkout.Write("bindings/build.rs", BuildScript.Replace("TYPES", $"{Types}", StringComparison.Ordinal));
        _checkout.Write(Changed, "s99 u32");
        WriteCrate("macros", "[lib]\nproc-macro = true\n", """
            use proc_macro::TokenStream;
            #[proc_macro_attribute]
            pub fn xdp(_: TokenStream, function: TokenStream) -> TokenStream {
                format!("#[no_mangle] #[link_section = \"xdp\"] {function}").parse().unwrap()
            }
            """);
        _checkout.Write("probe/Cargo.toml", Manifest("probe", "[dependencies]\nbindings = { path = \"../bindings\" }\nmacros = { path = \"../macros\" }\n"));
        _checkout.Write(Source, """
            #![no_std]
            #![no_main]
            use bindings::*;
            #[panic_handler]
            fn panic(_: &core::panic::PanicInfo) -> ! {
                loop {}
            }
            #[no_mangle]
            #[link_section = "license"]
            static LICENSE: [u8; 4] = *b"GPL\0";
            #[no_mangle]
            static mut SEEN: s7 = unsafe { core::mem::zeroed() };
            #[macros::xdp]
            extern "C" fn probe(_context: *const u32) -> u32 {
                let seen = unsafe { &mut *(&raw mut SEEN) };
                seen.field_3 = s7_kind_KIND_7_2;
                seen.flag() + seen.field_4
            }

            """);
        _checkout.Configure("");
    }

    [Fact]
    public void Nothing_of_many_lines_of_generated_bindings_is_compiled_again_for_an_edit_of_the_probe()
    {
        var cold = _checkout.Build().Succeeded();
        Assert.Contains("crate    bindings (library)", cold.Output, StringComparison.Ordinal);
        Assert.Equal("", _checkout.Build().Succeeded().Reruns);
        var generated = Assert.Single(Directory.EnumerateFiles(_checkout["target"], "bindings.rs", SearchOption.AllDirectories));
        Assert.InRange(File.ReadLines(generated).Count(), 200 * Types, 220 * Types);
        var (types, library) = (File.GetLastWriteTimeUtc(generated), Library());

        _checkout.Replace(Source, "seen.flag() +", "seen.flag() * 3 +");
        var edited = _checkout.Build().Succeeded();
        Assert.Equal(CrateCheckout.Only("probe"), edited.Reruns);
        Assert.DoesNotContain("crate ", edited.Output, StringComparison.Ordinal);
        Assert.Equal((types, library), (File.GetLastWriteTimeUtc(generated), Library()));

        // Cargo compares times of files.
        CrateCheckout.Settle();
        _checkout.Write(Changed, "s99 u64");
        var regenerated = _checkout.Build().Succeeded();

        // The checksum of the generated file is in the debug info of the function that was inlined from it, until patch takes it out.
        Assert.Equal("probe: rustc Modified/Executed, link Modified/Executed\nprobe/modern: patch Unchanged/Executed", regenerated.Reruns);
        Assert.Contains("    bindings/types.txt: ", string.Join('\n', regenerated.ReasonsOf("rustc probe").Select(r => $"    {r}")), StringComparison.Ordinal);
        Assert.Contains("crate    bindings (library)", regenerated.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("crate    macros", regenerated.Output, StringComparison.Ordinal);
        Assert.NotEqual(library, Library());
        _kernel.Require();
        var check = _checkout.Run("check");
        Assert.True(check.ExitCode == 0, check.ToString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kernel.Dispose();
        _directory.Dispose();
    }

    private DateTime Library() => File.GetLastWriteTimeUtc(Assert.Single(Directory.EnumerateFiles(_checkout["target"], "libbindings-*.rlib", SearchOption.AllDirectories)));

    private void WriteCrate(string name, string manifest, string source)
    {
        _checkout.Write($"{name}/Cargo.toml", Manifest(name, manifest));
        _checkout.Write($"{name}/src/lib.rs", source);
    }

    private static string Manifest(string name, string rest) => $"[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}";

    // What bindgen makes of a kernel's headers: mostly fields and constants, and for each type its layout, as constants that do not
    // compile when it is another.
    private const string BuildScript = """
        use std::fmt::Write;
        const BITFIELDS: &str = "\
        #[repr(C)]
        #[derive(Copy, Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct __BindgenBitfieldUnit<Storage> {
            storage: Storage,
        }
        impl<Storage: AsRef<[u8]>> __BindgenBitfieldUnit<Storage> {
            #[inline]
            pub fn get(&self, at: usize, width: u8) -> u64 {
                let mut value = 0;
                for i in 0..width as usize {
                    let bit = at + i;
                    value |= ((self.storage.as_ref()[bit / 8] >> (bit % 8) & 1) as u64) << i;
                }
                value
            }
        }
        ";
        fn main() {
            println!("cargo:rerun-if-changed=build.rs");
            println!("cargo:rerun-if-changed=types.txt");
            let types = std::fs::read_to_string("types.txt").unwrap();
            let (other, its) = types.split_once(' ').unwrap();
            let mut out = BITFIELDS.to_string();
            for i in 0..TYPES {
                let s = format!("s{i}");
                let last = if s == other { its } else { "u32" };
                write!(out, "\
        #[repr(C)]
        #[derive(Copy, Clone)]
        pub union {s}__bindgen_ty_1 {{
            pub word: u64,
            pub bytes: [u8; 8usize],
        }}
        #[repr(C)]
        #[derive(Copy, Clone, Debug)]
        pub struct {s}_list {{
            pub next: *mut {s}_list,
            pub prev: *mut {s}_list,
        }}
        pub type {s}_list_t = {s}_list;
        #[repr(C)]
        #[derive(Copy, Clone)]
        pub struct {s} {{
            pub any: {s}__bindgen_ty_1,
            pub list: {s}_list_t,
            pub callback: ::core::option::Option<unsafe extern \"C\" fn(context: *mut {s}) -> u32>,
            pub _bitfield_align_1: [u8; 0],
            pub _bitfield_1: __BindgenBitfieldUnit<[u8; 4usize]>,
        ").unwrap();
                for field in 0..104 {
                    writeln!(out, "    pub field_{field}: u32,").unwrap();
                }
                write!(out, "    pub last: {last},
        }}
        #[allow(clippy::unnecessary_operation, clippy::identity_op)]
        const _: () = {{
            [\"Alignment of {s}\"][::core::mem::align_of::<{s}>() - 8usize];
            [\"Offset of field: {s}::any\"][::core::mem::offset_of!({s}, any) - 0usize];
        }};
        impl {s} {{
            #[inline]
            pub fn flag(&self) -> u32 {{
                self._bitfield_1.get(0usize, 3u8) as u32
            }}
        }}
        pub type {s}_kind = ::core::ffi::c_uint;
        extern \"C\" {{
            pub fn {s}_find(key: *const {s}_kind) -> *mut {s};
        }}
        ").unwrap();
                for kind in 0..62 {
                    writeln!(out, "pub const {s}_kind_KIND_{i}_{kind}: {s}_kind = {kind};").unwrap();
                }
            }
            let directory = std::env::var("OUT_DIR").unwrap();
            std::fs::write(std::path::Path::new(&directory).join("bindings.rs"), out).unwrap();
        }
        """;
}
