using BpfIncr.Stages.Rustc;

namespace BpfIncr.Stages.Tests.Rustc;

/// <summary>Command lines that rustc 1.96 and 1.95 gave to a linker.</summary>
public sealed class LinkerCommandLineTests
{
    [Fact]
    public void The_form_for_BPF_linkers()
    {
        var command = LinkerCommandLine.Parse(
        [
            "--export-symbols", "/t/deps/rustcFdK9d5/symbols", "/t/deps/rustcFdK9d5/symbols.o",
            "/t/deps/xdp_sample-51d8.xdp_sample.5ecd73fe1bb9e70e-cgu.0.rcgu.o",
            "/t/deps/libprobe_kit-8470.rlib", "/t/deps/libbuild_info-a846.rlib",
            "/usr/lib/rustlib/bpfel-unknown-none/lib/libcore-8056.rlib", "/usr/lib/rustlib/bpfel-unknown-none/lib/libcompiler_builtins-be37.rlib",
            "-L", "/t/deps/rustcFdK9d5/raw-dylibs", "--cpu", "generic", "-o", "/t/deps/xdp_sample-51d8", "-O3", "--debug",
        ]);

        Assert.NotNull(command);
        Assert.Equal("/t/deps/xdp_sample-51d8", command.Output);
        Assert.Equal(["/t/deps/xdp_sample-51d8.xdp_sample.5ecd73fe1bb9e70e-cgu.0.rcgu.o"], command.Objects);
        Assert.Equal(
            [
                "/t/deps/libprobe_kit-8470.rlib", "/t/deps/libbuild_info-a846.rlib",
                "/usr/lib/rustlib/bpfel-unknown-none/lib/libcore-8056.rlib", "/usr/lib/rustlib/bpfel-unknown-none/lib/libcompiler_builtins-be37.rlib",
            ],
            command.Libraries);
        Assert.Equal("/t/deps/rustcFdK9d5/symbols", command.ExportList);
        Assert.Equal("/t/deps/rustcFdK9d5/symbols.o", command.SymbolObject);
    }

    [Fact]
    public void The_form_for_a_C_compiler()
    {
        var command = LinkerCommandLine.Parse(
        [
            "-m64", "/t/deps/rustcYkgg2g/symbols.o", "/t/deps/xdp_parse-0973.xdp_parse.a17cb651bc67c747-cgu.0.rcgu.o",
            "-Wl,--as-needed", "-Wl,-Bstatic", "/t/deps/libprobe_kit-7f84.rlib", "/sysroot/lib/libcore-120c.rlib", "/sysroot/lib/libcompiler_builtins-27cf.rlib",
            "-L", "/t/deps/rustcYkgg2g/raw-dylibs", "-Wl,-Bdynamic", "-B/sysroot/bin/gcc-ld", "-fuse-ld=lld", "-Wl,--eh-frame-hdr", "-Wl,-z,noexecstack",
            "-Wl,-plugin-opt=O3,-plugin-opt=mcpu=x86-64", "-L", "/sysroot/lib", "-o", "/t/deps/xdp_parse-0973",
            "-Wl,--gc-sections", "-pie", "-Wl,-z,relro,-z,now", "-Wl,-O1", "-nodefaultlibs",
        ]);

        Assert.NotNull(command);
        Assert.Equal("/t/deps/xdp_parse-0973", command.Output);
        Assert.Equal(["/t/deps/xdp_parse-0973.xdp_parse.a17cb651bc67c747-cgu.0.rcgu.o"], command.Objects);
        Assert.Equal(["/t/deps/libprobe_kit-7f84.rlib", "/sysroot/lib/libcore-120c.rlib", "/sysroot/lib/libcompiler_builtins-27cf.rlib"], command.Libraries);
        Assert.Null(command.ExportList);
        Assert.Equal("/t/deps/rustcYkgg2g/symbols.o", command.SymbolObject);
    }

    [Theory]
    [InlineData]
    [InlineData("-o")]
    [InlineData("a.o", "b.rlib")]
    [InlineData("--version")]
    public void A_command_line_without_output_is_none(params string[] arguments) => Assert.Null(LinkerCommandLine.Parse(arguments));

    [Fact]
    public void The_value_of_an_option_is_no_object()
    {
        var command = LinkerCommandLine.Parse(["-o", "out.o", "-L", "lib.o", "--cpu", "x.o", "--cpu-features", "y.o", "--target", "z.o", "in.o"]);

        Assert.Equal(("out.o", "in.o"), (command?.Output, Assert.Single(command!.Objects)));
    }

    [Fact]
    public void List_and_objects_are_handed_over()
    {
        var command = LinkerCommandLine.Parse(["a.o", "b.rlib", "--export-symbols", "list", "t/symbols.o", "-o", "out", "c.o"]);

        Assert.Equal(["a.o", "list", "t/symbols.o", "c.o"], command?.Files);
    }

    [Fact]
    public void Exports_are_the_lines_of_rustcs_list()
    {
        var contents = new Dictionary<string, ReadOnlyMemory<byte>> { ["list"] = "xdp_main\n PARSED \n\nmemcpy"u8.ToArray() };

        Assert.Equal(["xdp_main", "PARSED", "memcpy"], LinkerCommandLine.Parse(["-o", "out", "--export-symbols", "list", "/t/symbols.o"])!.Exports(contents));
    }

    [Fact]
    public void Without_any_list_nothing_is_exported() =>
        Assert.Empty(LinkerCommandLine.Parse(["-o", "out"])!.Exports(new Dictionary<string, ReadOnlyMemory<byte>>()));
}
