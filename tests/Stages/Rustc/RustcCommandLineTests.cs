using BpfIncr.Stages.Rustc;

namespace BpfIncr.Stages.Tests.Rustc;

public sealed class RustcCommandLineTests
{
    private const string Library =
        "--crate-name kit --edition=2021 kit/src/lib.rs --error-format=json --crate-type lib --emit=dep-info,metadata,link -C opt-level=3 "
        + "-C metadata=12 -C extra-filename=-34 --out-dir /t/deps --target bpfel-unknown-none -L dependency=/t/deps --extern mid=/t/deps/libmid-56.rmeta -Clinker=bpfincr-link";

    private const string Macro =
        "--crate-name macros macros/src/lib.rs --crate-type proc-macro --emit=dep-info,link -C extra-filename=-78 --out-dir /t/deps --extern naming=/t/deps/libnaming-9.rlib --extern proc_macro";

    [Fact]
    public void A_library_is_taken_apart()
    {
        var line = Parse(Library)!;

        Assert.Equal(("kit", "kit/src/lib.rs", "/t/deps", "-34"), (line.CrateName, line.Source, line.OutDirectory, line.ExtraFilename));
        Assert.Equal(["/t/deps/libmid-56.rmeta"], line.Externs);
        Assert.Equal(["kit-34.d", "libkit-34.rmeta", "libkit-34.rlib"], line.Outputs);
        Assert.Empty(line.NativeDirectories);
        Assert.False(line.IsLinked);
        Assert.Contains("--codegen=linker=bpfincr-link", line.Options);
        Assert.Contains("--codegen=opt-level=3", line.Options);
        Assert.Contains("--source=kit/src/lib.rs", line.Options);
    }

    [Fact]
    public void A_proc_macro_is_linked()
    {
        var line = Parse(Macro)!;

        Assert.True(line.IsLinked);
        Assert.Equal(["macros-78.d", "libmacros-78.so"], line.Outputs);
        Assert.Equal(["/t/deps/libnaming-9.rlib"], line.Externs);
    }

    [Fact]
    public void A_build_script_is_a_program_of_this_machine() =>
        Assert.Equal(["build_script_build-1.d", "build_script_build-1"], Parse(
            "--crate-name build_script_build table/build.rs --crate-type bin --emit=dep-info,link -C extra-filename=-1 --out-dir /t/build/table-1")!.Outputs);

    [Theory]
    [InlineData("-vV")]
    [InlineData("- --crate-name ___ --print=file-names --crate-type bin")]
    [InlineData("@arguments")]
    [InlineData(Library + " -C incremental=/t/incremental")]
    [InlineData(Library + " -C save-temps=yes")]
    [InlineData(Library + " -C profile-use=/p")]
    [InlineData(Library + " --sysroot=/s")]
    [InlineData(Library + " -C split-debuginfo=packed")]
    [InlineData(Library + " --emit=mir")]
    [InlineData(Library + " --crate-type staticlib")]
    [InlineData(Library + " --crate-type bin")]
    [InlineData(Library + " second.rs")]
    [InlineData(Library + " -o /elsewhere")]
    [InlineData(Macro + " -l z")]
    [InlineData(Macro + " -C link-arg=-fuse-ld=mold")]
    [InlineData(Macro + " -Clink-args=-s")]
    public void What_is_not_known_for_certain_is_not_kept(string arguments) => Assert.Null(Parse(arguments));

    [Fact]
    public void What_it_says_can_be_read_all_the_same() =>
        Assert.Equal("/t/deps/probe-9.d", RustcCommandLine.Read("--crate-name probe probe.rs --crate-type bin --target bpfel-unknown-none -Clinker=x -C extra-filename=-9 -C link-arg=-s --out-dir /t/deps".Split(' '))!.DepInfoPath);

    [Fact]
    public void Native_libraries_and_a_linker_and_a_target_of_ones_own_are_inputs()
    {
        Assert.Equal(["/n", "/m"], Parse($"{Library} -L native=/n -L/m")!.NativeDirectories);
        Assert.Equal("clang", Parse($"{Macro} -Clinker=clang")!.Linker);
        Assert.Equal("bpf.json", Parse(Library.Replace("bpfel-unknown-none", "bpf.json", StringComparison.Ordinal))!.TargetFile);
    }

    private static RustcCommandLine? Parse(string arguments) => RustcCommandLine.Parse(arguments.Split(' '));
}
