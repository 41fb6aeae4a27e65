using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reuse;

/// <summary>
/// What is compiled for a probe may use unstable features, and what runs on this machine may not. A build script that
/// asks rustc which features there are is told what holds for its own crate, however it asks.
/// </summary>
public sealed class UnstableFeatureTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Checkout _checkout;

    public UnstableFeatureTests() => _checkout = new Checkout(_directory["checkout"], _directory["cache"]);

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("bpf", "bpfel-unknown-none", true)]
    [InlineData("host", "*-linux-gnu", false)]
    [FurtherData("bpf", "bpfel-unknown-none", false)]
    [FurtherData("host", "*-linux-gnu", true)]
    public void A_build_script_is_told_which_features_its_own_crate_may_use(
        string mode, string target, bool hasOwnWrapper)
    {
        WriteWorkspace(mode);
        _checkout.Write("wrapper", "#!/bin/sh\nexec \"$@\"\n");
        Tool.Do("chmod", "+x", _checkout["wrapper"]);

        _checkout.BuildWith(hasOwnWrapper ? [("RUSTC_WRAPPER", _checkout["wrapper"])] : []).Succeeded();

        Assert.Equal("wrapped: no, called: no, flagged: no", ViewOf("release"));
        Assert.Equal("wrapped: yes, called: yes, flagged: yes", ViewOf($"{target}/release"));
    }

    [Fact]
    public void An_edit_that_is_compiled_without_cargo_may_use_the_same_features()
    {
        WriteWorkspace("bpf");
        _checkout.Build().Succeeded();

        foreach (var number in (int[])[2, 3])
        {
            _checkout.Replace("probe/src/main.rs", $" + {number - 1}", $" + {number}");
            Assert.Contains(_checkout.Build().Succeeded().Steps, s => s.Step == "codegen probe/modern" && s.Ran);
        }

        var withoutCargo = _checkout.Objects();
        Directory.Delete(_checkout["target"], recursive: true);
        var clean = new Checkout(_checkout.Directory, _directory["clean-cache"]);
        clean.Build().Succeeded();
        Assert.Equal(clean.Objects(), withoutCargo);
    }

    // A crate that uses what its build script found, below the probe and below the probe's build script.
    private void WriteWorkspace(string mode)
    {
        _checkout.Write("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"view\", \"probe\"]\n");
        _checkout.Write("view/Cargo.toml", "[package]\nname = \"view\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        _checkout.Write("view/src/lib.rs", """
            #![no_std]
            #![cfg_attr(unstable, feature(never_type))]
            pub const ONE: u32 = 1;
            """);
        _checkout.Write("view/build.rs", """
            use std::{env, fs, path::Path, process::{Command, Stdio}};
            fn knows(mut command: Command, out: &str) -> bool {
                let source = Path::new(out).join("asked.rs");
                fs::write(&source, "#![no_std]\n#![feature(never_type)]\n").unwrap();
                command.args(["--crate-name=asked", "--crate-type=lib", "--emit=dep-info,metadata"]);
                command.args(["--out-dir", out]);
                command.arg("--target").arg(env::var("TARGET").unwrap()).arg(source);
                command.stderr(Stdio::null()).status().unwrap().success()
            }
            fn main() {
                println!("cargo:rerun-if-changed=build.rs\ncargo:rustc-check-cfg=cfg(unstable)");
                let (rustc, out) = (env::var("RUSTC").unwrap(), env::var("OUT_DIR").unwrap());
                let called = || Command::new(&rustc);
                let wrapped = || match env::var("RUSTC_WRAPPER") {
                    Ok(wrapper) if !wrapper.is_empty() => {
                        let mut command = Command::new(wrapper);
                        command.arg(&rustc);
                        command
                    }
                    _ => called(),
                };
                let mut flagged = wrapped();
                flagged.args(env::var("CARGO_ENCODED_RUSTFLAGS").unwrap().split('\x1f').filter(|f| !f.is_empty()));
                let views = [("wrapped", wrapped()), ("called", called()), ("flagged", flagged)]
                    .map(|(name, command)| format!("{name}: {}", if knows(command, &out) { "yes" } else { "no" }))
                    .join(", ");
                if views.contains("yes") {
                    println!("cargo:rustc-cfg=unstable");
                }
                fs::write(Path::new(&out).join("views.txt"), views).unwrap();
            }
            """);
        const string View = "view = { path = \"../view\" }";
        _checkout.Write("probe/Cargo.toml", $"""
            [package]
            name = "probe"
            version = "0.1.0"
            edition = "2021"
            [dependencies]
            {View}
            [build-dependencies]
            {View}
            """);
        _checkout.Write("probe/build.rs", """
            fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                assert_eq!(view::ONE, 1);
            }
            """);
        _checkout.Write("probe/src/main.rs", """
            #![no_std]
            #![no_main]
            #![feature(never_type)]
            #[panic_handler]
            fn panic(_: &core::panic::PanicInfo) -> ! {
                loop {}
            }
            #[no_mangle]
            #[link_section = "license"]
            static LICENSE: [u8; 4] = *b"GPL\0";
            #[no_mangle]
            #[link_section = "xdp"]
            extern "C" fn probe(context: *const u32) -> u32 {
                unsafe { *context + view::ONE + 1 }
            }
            """);
        _checkout.Configure($"\"toolchain\": {{ \"mode\": \"{mode}\" }}");
    }

    private string ViewOf(string directory)
    {
        var parts = directory.Split('/');
        var (first, rest) = parts is [var triple, var profile] ? (triple, $"{profile}/build") : (directory, "build");
        var views = Directory.EnumerateDirectories(_checkout["target/bpf/cargo/root"], first)
            .SelectMany(d => Directory.EnumerateFiles(Path.Combine(d, rest), "views.txt", SearchOption.AllDirectories));
        return File.ReadAllText(views.Single());
    }
}
