using BpfIncr.Stages.Rustc;
using FsCheck.Xunit;

namespace BpfIncr.Stages.Tests.Rustc;

/// <summary>Lines that cargo 1.96 wrote, and what other programs write among them.</summary>
public sealed class CargoMessageTests
{
    private const string Target =
        "\"target\":{\"kind\":[\"bin\"],\"crate_types\":[\"bin\"],\"name\":\"xdp-sample\",\"src_path\":\"/checkout/src/main.rs\",\"edition\":\"2021\",\"doc\":true}";

    [Fact]
    public void A_bin_that_was_built()
    {
        var message = Assert.IsType<ArtifactMessage>(CargoMessage.Parse(
            "{\"reason\":\"compiler-artifact\",\"package_id\":\"path+file:///checkout/xdp-sample#0.1.0\",\"manifest_path\":\"/checkout/Cargo.toml\"," + Target
            + ",\"profile\":{\"opt_level\":\"3\",\"debuginfo\":2,\"debug_assertions\":false,\"overflow_checks\":false,\"test\":false},\"features\":[],"
            + "\"filenames\":[\"/checkout/target/release/xdp-sample\"],\"executable\":\"/checkout/target/release/xdp-sample\",\"fresh\":false}"));

        Assert.Equal("path+file:///checkout/xdp-sample#0.1.0", message.PackageId);
        Assert.Equal("xdp-sample", message.Target);
        Assert.Equal(["bin"], message.Kinds);
        Assert.Equal(["/checkout/target/release/xdp-sample"], message.Files);
        Assert.Equal("/checkout/target/release/xdp-sample", message.Executable);
        Assert.False(message.Fresh);
    }

    [Fact]
    public void A_library_that_was_fresh()
    {
        var message = Assert.IsType<ArtifactMessage>(CargoMessage.Parse("""
            {"reason":"compiler-artifact","package_id":"path+file:///checkout/probe-kit#0.1.0","manifest_path":"/checkout/probe-kit/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"probe_kit","src_path":"/checkout/probe-kit/src/lib.rs","edition":"2021","doc":true,"doctest":true,"test":true},"profile":{"opt_level":"3","debuginfo":2,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["/t/libprobe_kit-84.rlib","/t/libprobe_kit-84.rmeta"],"executable":null,"fresh":true}
            """.Trim()));

        Assert.Null(message.Executable);
        Assert.True(message.Fresh);
        Assert.Equal(["/t/libprobe_kit-84.rlib", "/t/libprobe_kit-84.rmeta"], message.Files);
    }

    [Fact]
    public void A_warning_of_rustc()
    {
        var message = Assert.IsType<CompilerMessage>(CargoMessage.Parse(
            "{\"reason\":\"compiler-message\",\"package_id\":\"path+file:///checkout/xdp-sample#0.1.0\",\"manifest_path\":\"/checkout/Cargo.toml\"," + Target
            + ",\"message\":{\"$message_type\":\"diagnostic\",\"message\":\"constant `TAG` is never used\",\"code\":{\"code\":\"dead_code\",\"explanation\":null},"
            + "\"level\":\"warning\",\"spans\":[],\"children\":[],\"rendered\":\"\\u001b[33mwarning\\u001b[0m: constant `TAG` is never used\\n\\n\"}}"));

        Assert.Equal("warning", message.Level);
        Assert.Equal("constant `TAG` is never used", message.Message);
        Assert.Equal("\u001b[33mwarning\u001b[0m: constant `TAG` is never used\n\n", message.Rendered);
        Assert.Equal("xdp-sample", message.Target);
    }

    [Fact]
    public void A_build_script_that_ran()
    {
        var message = Assert.IsType<BuildScriptMessage>(CargoMessage.Parse("""
            {"reason":"build-script-executed","package_id":"path+file:///checkout/build-info#0.1.0","linked_libs":[],"linked_paths":[],"cfgs":[],"env":[["PORTS","80"],["TAG",""]],"out_dir":"/checkout/target/release/build/build-info-0e/out"}
            """.Trim()));

        Assert.Equal("/checkout/target/release/build/build-info-0e/out", message.OutDir);
        Assert.Equal(["PORTS", "TAG"], message.Variables);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"reason\":\"build-finished\",\"success\":true}")]
    [InlineData("proc macro says hello")]
    [InlineData("{ not json")]
    [InlineData("{}")]
    [InlineData("{\"reason\":7}")]
    [InlineData("{\"reason\":null}")]
    [InlineData("{\"reason\":\"compiler-artifact\"}")]
    [InlineData("{\"reason\":\"compiler-artifact\",\"package_id\":\"a\",\"target\":[],\"filenames\":[],\"executable\":null,\"fresh\":true}")]
    [InlineData("{\"reason\":\"compiler-message\",\"package_id\":\"a\",\"message\":null,\"target\":{}}")]
    [InlineData("{\"reason\":\"build-script-executed\",\"package_id\":\"a\",\"out_dir\":\"b\",\"env\":[[]]}")]
    [InlineData("{\"reason\":\"build-script-executed\",\"package_id\":\"a\",\"out_dir\":\"b\",\"env\":{}}")]
    public void What_nobody_needs_or_only_looks_like_a_message_is_nothing(string line) => Assert.Null(CargoMessage.Parse(line));

    [Property]
    public void Any_line_is_a_message_or_nothing(string? line) => CargoMessage.Parse("{" + line);
}
