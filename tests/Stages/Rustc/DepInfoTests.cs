using BpfIncr.Stages.Rustc;
using FsCheck.Xunit;

namespace BpfIncr.Stages.Tests.Rustc;

/// <summary>Texts that rustc 1.96 wrote.</summary>
public sealed class DepInfoTests
{
    [Fact]
    public void Sources_and_variables_of_a_bin()
    {
        var info = DepInfo.Parse("""
            /checkout/target/bpfel-unknown-none/release/deps/xdp_parse-01826ec862dd5c6c.d: probes/xdp-parse/src/main.rs probes/xdp-parse/src/with\ space.bin

            /checkout/target/bpfel-unknown-none/release/deps/xdp_parse-01826ec862dd5c6c: probes/xdp-parse/src/main.rs probes/xdp-parse/src/with\ space.bin

            probes/xdp-parse/src/main.rs:
            probes/xdp-parse/src/with\ space.bin:

            # env-dep:CARGO_PKG_VERSION=0.1.0
            # env-dep:PROBE_NAME
            # env-dep:PROBE_TAG=a\\b=c

            """);

        Assert.Equal(["probes/xdp-parse/src/main.rs", "probes/xdp-parse/src/with space.bin"], info.Files);
        Assert.Equal(["CARGO_PKG_VERSION", "PROBE_NAME", "PROBE_TAG"], info.Variables);
    }

    [Fact]
    public void A_generated_file_of_a_library()
    {
        const string Rule = "build-info/src/lib.rs /checkout/target/bpfel-unknown-none/release/build/build-info-0e26a2b5211816e7/out/constants.rs";
        var info = DepInfo.Parse($"""
            /checkout/target/bpfel-unknown-none/release/deps/build_info-a846b1551c2598cb.d: {Rule}

            /checkout/target/bpfel-unknown-none/release/deps/libbuild_info-a846b1551c2598cb.rlib: {Rule}

            /checkout/target/bpfel-unknown-none/release/deps/libbuild_info-a846b1551c2598cb.rmeta: {Rule}

            build-info/src/lib.rs:
            /checkout/target/bpfel-unknown-none/release/build/build-info-0e26a2b5211816e7/out/constants.rs:

            # env-dep:OUT_DIR=/checkout/target/bpfel-unknown-none/release/build/build-info-0e26a2b5211816e7/out
            """);

        Assert.Equal(
            ["/checkout/target/bpfel-unknown-none/release/build/build-info-0e26a2b5211816e7/out/constants.rs", "build-info/src/lib.rs"], info.Files);
        Assert.Equal(["OUT_DIR"], info.Variables);
    }

    [Fact]
    public void A_target_directory_with_blanks_and_a_colon() =>
        Assert.Equal(["src/lib.rs"], DepInfo.Parse("/my\\ target:\\ x/deps/a.d: src/lib.rs\n").Files);

    // rustc's rule: backslash, line feed and carriage return are escaped, in this order.
    [Theory]
    [InlineData("A\\B", "A\\\\B")]
    [InlineData("A\\nB", "A\\\\nB")]
    [InlineData("A\nB", "A\\nB")]
    public void A_variables_name_is_unescaped(string name, string written) =>
        Assert.Equal([name], DepInfo.Parse($"# env-dep:{written}=1\n").Variables);

    [Property]
    public void Any_text_is_something(string? text) => Assert.False(DepInfo.Parse(text ?? "").Files.IsDefault);

    [Fact]
    public void Nothing_is_nothing()
    {
        Assert.Empty(DepInfo.Parse("").Files);
        Assert.Empty(DepInfo.Parse("").Variables);
    }
}
