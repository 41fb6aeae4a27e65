using System.Text;
using BpfIncr.EndToEnd.Tests.Kernel;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Linker;

/// <summary>The program in the place of bpf-linker: with nothing changed in the project, and with its whole command line.</summary>
public sealed class LinkerTests(AyaBitcode bitcode) : IClassFixture<AyaBitcode>, IDisposable
{
    private const string Exports = "flow_watch,FLOWS,LICENSE";

    private readonly AyaProject _project = new();
    private readonly BpfFileSystem _kernel = new();

    public void Dispose()
    {
        _kernel.Dispose();
        _project.Dispose();
    }

    [Fact]
    public void A_project_for_aya_builds_as_it_is_and_the_kernel_takes_its_programs()
    {
        var result = _project.Run("project", [], "run", "-q", "-p", "flow-watch", "--", _project["programs.o"]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains(".BTF.ext", ElfSections.Of(File.ReadAllBytes(_project["programs.o"])).Keys);
        _kernel.Require();
        _project.AssertLoads(_project["programs.o"]);
    }

    [Fact]
    public void What_was_linked_once_is_found_in_another_copy_of_the_project()
    {
        _project.Copy("other");
        string[] flags =
            ["--btf", $"--log-file={_project["log"]}", $"--remap-path-prefix={_project["project"]}=/p", $"--remap-path-prefix={_project["other"]}=/p"];

        var ((first, one), (second, other)) = (_project.Link("project", flags), _project.Link("other", flags));

        Assert.True(first.ExitCode == 0 && second.ExitCode == 0, $"{first}{second}");
        Assert.Equal(
            ["link Executed", "patch Executed", "optimize Executed", "codegen Executed", "link ActionCache", "patch ActionCache", "optimize ActionCache", "codegen ActionCache"],
            File.ReadLines(_project["log"]).Select(l => l.Split(' ')).Select(w => $"{w[0]} {w[2]}"));
        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(other));
    }

    [Fact]
    public void It_can_be_named_as_the_linker_by_its_own_name()
    {
        var (result, output) = _project.Link("project", $"-Clinker={Repository.Program}", "--btf");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("maps", ElfSections.Of(File.ReadAllBytes(output)).Keys);
    }

    [Fact]
    public void It_can_be_named_as_the_linker_in_cargos_configuration_as_documented()
    {
        const string Documented = "/opt/bpfincr/bpfincr";
        string lines = File.ReadAllText(Path.Combine(Repository.Root, "docs", "from-aya.md")).Split("```toml\n")[1].Split("```")[0];
        Assert.Contains(Documented, lines, StringComparison.Ordinal);
        Directory.CreateDirectory(_project["project/.cargo"]);
        File.WriteAllText(_project["project/.cargo/config.toml"], lines.Replace(Documented, Repository.Program, StringComparison.Ordinal));
        // Without the configuration, there is no linker; nor may anybody look for one.
        File.Delete(_project.Linker);
        File.Delete(_project["project/flow-watch-ebpf/build.rs"]);

        var result = _project.Run("project", [], "run", "-q", "-p", "flow-watch", "--", _project["programs.o"]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("maps", ElfSections.Of(File.ReadAllBytes(_project["programs.o"])).Keys);
    }

    [Fact]
    public void Each_kind_of_output_is_written_and_can_be_linked_again()
    {
        var (result, module) = _project.Link("project", "--emit=llvm-bc", "--btf", $"--dump-module={_project["dump"]}");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("BC"u8.ToArray(), File.ReadAllBytes(module)[..2]);
        foreach (var name in (string[])["pre-opt.ll", "post-opt.ll"])
            Assert.Contains("@flow_watch(", File.ReadAllText(_project[$"dump/{name}"]), StringComparison.Ordinal);

        Succeeds("--emit", "llvm-ir", "--btf", "--export", Exports, "-o", _project["text.ll"], module);
        Assert.StartsWith("source_filename", File.ReadAllText(_project["text.ll"]), StringComparison.Ordinal);
        Succeeds("--emit=asm", "--btf", $"--export={Exports}", "-o", _project["text.s"], _project["text.ll"]);
        Assert.Contains("flow_watch:", File.ReadAllText(_project["text.s"]), StringComparison.Ordinal);
        Succeeds("--emit", "obj", "--btf", "--export", Exports, "--output", _project["again.o"], _project["text.ll"]);

        _kernel.Require();
        _project.AssertLoads(_project["again.o"]);
    }

    [Theory]
    [InlineData("--cpu=v3 -O 3 --target=bpfel-unknown-none --cpu-features=+alu32")]
    [InlineData("--cpu v4 -O3 --fatal-errors false --debug -L /nowhere -flavor ld --log-level trace")]
    [FurtherData("--cpu v1 -O0 --unroll-loops --ignore-inline-never")]
    [FurtherData("--cpu probe -Os -Oz --target bpf --allow-bpf-trap --disable-expand-memcpy-in-order --disable-memory-builtins")]
    [FurtherData("--cpu v2 --llvm-args=--unroll-threshold=400,-bpf-stack-size=256 --log-level=off")]
    public void Every_option_of_bpf_linker_is_taken(string options)
    {
        Succeeds([.. options.Split(' '), "--btf", "--export", Exports, "-o", _project["object.o"], bitcode.Path]);

        _kernel.Require();
        _project.AssertLoads(_project["object.o"]);
    }

    [Fact]
    public void Without_btf_there_is_no_debug_info()
    {
        var (result, output) = _project.Link("project");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.DoesNotContain(ElfSections.Of(File.ReadAllBytes(output)).Keys, s => s.StartsWith(".BTF", StringComparison.Ordinal) || s.StartsWith(".debug", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--frobnicate", "BPFI1005", "there is no option --frobnicate")]
    [InlineData("--cpu v9", "BPFI1005", "--cpu cannot be v9; it is one of generic, v1, v2, v3, v4, probe")]
    [InlineData("--target x86_64-unknown-linux-gnu", "BPFI1005", "--target x86_64-unknown-linux-gnu is not BPF")]
    [InlineData("/nowhere/prog.o", "BPFI1120", "/nowhere/prog.o")]
    [InlineData("--target bpfeb-unknown-none text.ll", "BPFI2402", "the object is to be big-endian")]
    [InlineData("broken.ll", "BPFI2101", "is neither bitcode nor valid text of LLVM")]
    [InlineData("zeros.o", "BPFI2002", "zeros.o is neither bitcode nor an object nor an archive")]
    [InlineData("--llvm-args=-help text.ll", "BPFI1121", "-help makes LLVM print something and end")]
    [InlineData("fifo", "BPFI1120", "fifo is no file that can be read")]
    [InlineData("[suggest]", "BPFI1120", "[suggest] does not exist")]
    [FurtherData("-O7", "BPFI1005", "-O cannot be 7; it is one of 0, 1, 2, 3, s, z")]
    [FurtherData("--emit exe", "BPFI1005", "--emit cannot be exe; it is one of llvm-bc, asm, llvm-ir, obj")]
    [FurtherData("--llvm-args=--unroll-treshold=4", "BPFI1121", "did you mean -unroll-threshold?")]
    [FurtherData("--cpu-features=+alu33", "BPFI1121", "did you mean alu32?")]
    [FurtherData("--export-symbols /nowhere/list", "BPFI1120", "/nowhere/list")]
    [FurtherData("broken.rlib", "BPFI1120", "broken.rlib")]
    [FurtherData("--target bpfeb-unknown-none --emit llvm-ir text.ll", "BPFI1120", "the inputs are little-endian, and --target asks for the other order")]
    [FurtherData("--log-file /nowhere/log text.ll", "BPFI1120", "/nowhere/log")]
    [FurtherData("--fatal-errors text.ll", "BPFI1005", "--fatal-errors")]
    [FurtherData("/dev/zero", "BPFI1120", "/dev/zero is no file that can be read")]
    [FurtherData("@text.ll", "BPFI1120", "@text.ll does not exist")]
    [FurtherData("text.ll  text.ll", "BPFI1005", "an argument is empty")]
    public void A_mistake_is_said_and_nothing_is_written(string arguments, string id, string message)
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\ndefine i32 @f() section \"xdp\" { ret i32 0 }\n");
        File.WriteAllText(_project["broken.ll"], "define i32 @f( { ret }\n");
        File.WriteAllBytes(_project["broken.rlib"], [.. "!<arch>\n"u8, .. Encoding.ASCII.GetBytes(new string('x', 100))]);
        File.WriteAllBytes(_project["zeros.o"], new byte[100]);
        Tool.Do("mkfifo", _project["fifo"]);

        var result = _project.Call([.. arguments.Split(' '), "--export", "f", "-o", _project["object.o"]]);

        Assert.NotEqual(0, result.ExitCode);
        Assert.NotEqual(70, result.ExitCode);
        Assert.Contains(id, result.Errors, StringComparison.Ordinal);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_project["."], "object.o*"));
    }

    [Theory]
    [InlineData("-o object.o \"$(printf 'prog\\377.o')\"")]
    [InlineData("-o \"$(printf 'object.o\\377')\" text.ll")]
    public void A_name_that_is_not_in_utf_8_is_said(string arguments)
    {
        var result = Tool.Run("sh", _project["."], ["-c", $"exec '{_project.Linker}' {arguments}"]);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("error BPFI1005: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("\uFFFD is not valid UTF-8\n", result.Errors.Replace("\uFFFD.o", "\uFFFD", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_that_is_no_file_is_never_opened()
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\ndefine i32 @f() section \"xdp\" { ret i32 0 }\n");
        Tool.Do("mkfifo", _project["bpfincr.json"]);

        var result = _project.Call("--export", "f", "-o", _project["object.o"], _project["text.ll"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("BPFI1001", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bpfel", 1)]
    [InlineData("bpfeb", 2)]
    public void The_object_has_the_byte_order_of_the_program(string triple, byte order)
    {
        File.WriteAllText(_project["text.ll"], $"target triple = \"{triple}\"\ndefine i32 @f() section \"xdp\" {{ ret i32 0 }}\n");

        Succeeds("--export", "f", "-o", _project["object.o"], _project["text.ll"]);

        Assert.Equal(order, File.ReadAllBytes(_project["object.o"])[5]);
    }

    [Fact]
    public void What_is_no_file_or_a_link_stays_that()
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\ndefine i32 @f() section \"xdp\" { ret i32 0 }\n");
        File.WriteAllText(_project["real.o"], "before");
        File.CreateSymbolicLink(_project["link.o"], _project["real.o"]);
        Tool.Do("mknod", _project["null"], "c", "1", "3");

        Succeeds("--export", "f", "-o", _project["link.o"], _project["text.ll"]);
        Succeeds("--export", "f", "-o", _project["null"], _project["text.ll"]);

        Assert.Equal(_project["real.o"], new FileInfo(_project["link.o"]).LinkTarget);
        Assert.Equal("\u007fELF"u8.ToArray(), File.ReadAllBytes(_project["real.o"])[..4]);
        Assert.Equal("character special file\n", Tool.Run("stat", "/", ["-c", "%F", _project["null"]]).Output);
    }

    [Fact]
    public void A_program_can_be_in_an_archive_and_an_object_can_have_none()
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\ndefine i32 @f() section \"xdp\" { ret i32 0 }\ndefine i32 @g(i32 %a) { ret i32 %a }\n");
        Succeeds("--emit", "llvm-bc", "--export", "f,g", "-o", _project["member.bc"], _project["text.ll"]);
        Tool.Do("ar", "rc", _project["lib.a"], _project["member.bc"]);

        Succeeds("--export", "f", "-o", _project["f.o"], _project["lib.a"]);
        Succeeds("--export", "g", "-o", _project["g.o"], _project["lib.a"]);

        Assert.Contains("xdp", ElfSections.Of(File.ReadAllBytes(_project["f.o"])).Keys);
        Assert.DoesNotContain("xdp", ElfSections.Of(File.ReadAllBytes(_project["g.o"])).Keys);
        Assert.NotEmpty(ElfSections.Of(File.ReadAllBytes(_project["g.o"]))[".text"]);
    }

    [Theory]
    [InlineData("--export g,f", "--export g: no input defines it", "did you mean f?")]
    [InlineData("--export f --export flow_wach", "--export flow_wach: no input defines it", "did you mean flow_watch?")]
    [InlineData("--export f,something_else", "--export something_else: no input defines it", "#[no_mangle]")]
    public void A_name_to_export_that_nothing_defines_is_a_warning_each_time(string exports, string message, string hint)
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\ndefine i32 @f() section \"xdp\" { ret i32 0 }\ndefine void @flow_watch() { ret void }\n");

        // The second time, the result comes from the cache.
        foreach (var _ in (int[])[1, 2])
        {
            var result = _project.Call([.. exports.Split(' '), "-o", _project["object.o"], _project["text.ll"]]);

            Assert.Equal(0, result.ExitCode);
            Assert.Contains($"warning BPFI1122: object.o: {message}", result.Errors, StringComparison.Ordinal);
            Assert.Contains(hint, result.Errors, StringComparison.Ordinal);
            Assert.Contains("xdp", ElfSections.Of(File.ReadAllBytes(_project["object.o"])).Keys);
        }
    }

    [Fact]
    public void A_thin_archive_is_read_from_the_files_that_it_names_and_an_edit_of_one_counts()
    {
        Directory.CreateDirectory(_project["objects"]);
        Directory.CreateDirectory(_project["archives"]);
        Member("ret i32 1");
        Tool.Do("sh", "-c", $"cd '{_project["archives"]}' && ar rc --thin lib.a ../objects/a_rather_long_member_name.bc");

        string Linked()
        {
            Succeeds("--emit", "asm", "--export", "f", "-o", _project["f.s"], _project["archives/lib.a"]);
            return File.ReadAllText(_project["f.s"]);
        }

        Assert.Contains("r0 = 1", Linked(), StringComparison.Ordinal);
        Member("%a = add i32 20, 3 ret i32 %a");
        Assert.Contains("r0 = 23", Linked(), StringComparison.Ordinal);

        void Member(string body)
        {
            File.WriteAllText(_project["text.ll"], $"target triple = \"bpfel\"\ndefine i32 @f() section \"xdp\" {{ {body} }}\n");
            Succeeds("--emit", "llvm-bc", "--export", "f", "-o", _project["objects/a_rather_long_member_name.bc"], _project["text.ll"]);
        }
    }

    [Theory]
    [InlineData("rm member.bc", "member.bc is no file that can be read")]
    [InlineData("truncate -s 3G member.bc", "the files that it names are too large")]
    [InlineData("ar rc inner.a member.bc && ar rc --thin lib.a inner.a", "is inside of another archive: name that one, too")]
    [FurtherData("rm member.bc && mkdir member.bc", "member.bc is no file that can be read")]
    [FurtherData("rm member.bc && mkfifo member.bc", "member.bc is no file that can be read")]
    [FurtherData("rm member.bc && mknod member.bc c 1 5", "member.bc is no file that can be read")]
    public void A_thin_archive_whose_members_are_not_to_be_had_is_refused(string damage, string message)
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\ndefine i32 @f() section \"xdp\" { ret i32 0 }\n");
        Succeeds("--emit", "llvm-bc", "--export", "f", "-o", _project["member.bc"], _project["text.ll"]);
        Tool.Do("sh", "-c", $"cd '{_project["."]}' && ar rc --thin lib.a member.bc && {damage}");

        var result = _project.Call("--export", "f", "-o", _project["f.o"], _project["lib.a"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("error BPFI1120: the object cannot be linked: lib.a: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_can_have_a_second_name_in_a_program_and_in_an_archive()
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\n@h = alias i32 (), ptr @f\ndeclare i32 @other()\ndefine i32 @f() section \"xdp\" { %a = call i32 @other() ret i32 %a }\n");
        File.WriteAllText(_project["lib.ll"], "target triple = \"bpfel\"\n@other = alias i32 (), ptr @g\n@v = global i32 0\ndefine i32 @g() { %a = load volatile i32, ptr @v ret i32 %a }\n");
        Succeeds("--emit", "llvm-bc", "--export", "g,other", "-o", _project["member.bc"], _project["lib.ll"]);
        Tool.Do("ar", "rc", _project["lib.a"], _project["member.bc"]);

        Succeeds("--emit", "llvm-ir", "--export", "f,h", "-o", _project["linked.ll"], _project["text.ll"], _project["lib.a"]);
        Succeeds("--export", "f", "-o", _project["object.o"], _project["text.ll"], _project["lib.a"]);

        Assert.Contains("@h = alias", File.ReadAllText(_project["linked.ll"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_list_of_symbols_and_of_what_an_archive_or_an_alias_defines_nothing_is_said()
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\n@h = alias i32 (), ptr @f\ndefine i32 @f() section \"xdp\" { ret i32 0 }\n");
        File.WriteAllText(_project["lib.ll"], "target triple = \"bpfel\"\ndefine i32 @g(i32 %a) { ret i32 %a }\n");
        File.WriteAllText(_project["list"], "nowhere\n");
        Succeeds("--emit", "llvm-bc", "--export", "g", "-o", _project["member.bc"], _project["lib.ll"]);
        Tool.Do("ar", "rc", _project["lib.a"], _project["member.bc"]);

        var result = _project.Call("--emit", "llvm-bc", "--export", "f,g,h,memcpy", "--export-symbols", _project["list"], "-o", _project["object.bc"], _project["text.ll"], _project["lib.a"]);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_said()
    {
        File.WriteAllText(_project["text.ll"], "target triple = \"bpfel\"\ndefine i32 @f() section \"xdp\" { ret i32 0 }\n");

        var result = _project.Call("--export", "f", "-o", _project["nowhere/object.o"], _project["text.ll"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("BPFI1120", result.Errors, StringComparison.Ordinal);
    }

    private void Succeeds(params string[] arguments)
    {
        var result = _project.Call(arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
    }
}

/// <summary>The programs of the fixture as bitcode, for tests that only link.</summary>
public sealed class AyaBitcode : IDisposable
{
    private readonly AyaProject _project = new();
    private string? _path;

    internal string Path => _path ??= Build();

    /// <inheritdoc/>
    public void Dispose() => _project.Dispose();

    private string Build()
    {
        var (result, output) = _project.Link("project", "--emit=llvm-bc", "--btf");
        Assert.True(result.ExitCode == 0, result.ToString());
        return output;
    }
}
