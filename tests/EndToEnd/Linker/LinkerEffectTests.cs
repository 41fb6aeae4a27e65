using System.Text.RegularExpressions;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Linker;

/// <summary>What the options of bpf-linker change in what is written.</summary>
public sealed class LinkerEffectTests : IDisposable
{
    private const string Loop = """
        define i32 @f(ptr %p) section "xdp" {
          br label %loop
        loop:
          %i = phi i64 [ 0, %0 ], [ %next, %loop ]
          %at = getelementptr i64, ptr %p, i64 %i
          store volatile i64 %i, ptr %at
          %next = add i64 %i, 1
          %more = icmp ult i64 %next, 100
          br i1 %more, label %loop, label %end
        end:
          ret i32 0
        }
        """;

    private const string Call = """
        define i32 @f(ptr %p) section "xdp" {
          %a = load i32, ptr %p
          %b = call i32 @g(i32 %a)
          ret i32 %b
        }
        define internal i32 @g(i32 %a) noinline {
          %b = call i32 asm sideeffect "$0 += 7", "=r,0"(i32 %a)
          ret i32 %b
        }
        """;

    private const string Comparison = """
        define i32 @f(ptr %p) section "xdp" {
          %a = load volatile i32, ptr %p
          %b = load volatile i32, ptr %p
          %c = icmp ugt i32 %a, %b
          br i1 %c, label %big, label %small
        big:
          store volatile i32 %a, ptr %p
          ret i32 1
        small:
          ret i32 2
        }
        """;

    private const string Stack = """
        define i32 @f(i32 %n) section "xdp" {
          %array = alloca [300 x i8], align 8
          %low = and i32 %n, 255
          %at = getelementptr i8, ptr %array, i32 %low
          store volatile i8 5, ptr %at
          ret i32 0
        }
        """;

    // The second load of p is known only through both branches.
    private static readonly string Levels = $$"""
        define i32 @f(ptr %p, ptr %q) section "xdp" {
          call void @medium(ptr %q, i32 1)
          call void @medium(ptr %q, i32 2)
          call void @large(ptr %q, i32 1)
          call void @large(ptr %q, i32 2)
          %n = load volatile i32, ptr %q
          %c = icmp eq i32 %n, 0
          br i1 %c, label %one, label %two
        one:
          store i32 %n, ptr %p
          br label %end
        two:
          %a = load i32, ptr %p
          store volatile i32 %a, ptr %q
          br label %end
        end:
          %b = load i32, ptr %p
          %d = call i32 @get(ptr %p)
          %e = add i32 %b, %d
          ret i32 %e
        }
        define internal i32 @get(ptr %p) noinline {
          %a = load i32, ptr %p
          ret i32 %a
        }
        {{Storing("medium", 20)}}
        {{Storing("large", 40)}}
        """;

    private readonly AyaProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public void Loops_are_unrolled_where_they_are_to_be()
    {
        Assert.Contains("br i1", Write(Loop, "--emit=llvm-ir"), StringComparison.Ordinal);
        Assert.DoesNotContain("br i1", Write(Loop, "--emit=llvm-ir", "--unroll-loops"), StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_that_are_never_inlined_are_where_that_is_ignored()
    {
        Assert.Contains("call g", Write(Call, "--emit=asm"), StringComparison.Ordinal);
        Assert.DoesNotContain("call g", Write(Call, "--emit=asm", "--ignore-inline-never"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1", "if r2 > r3 goto", "w2")]
    [InlineData("v3", "if w2 > w3 goto", "r2")]
    public void The_cpu_chooses_the_instructions(string cpu, string jump, string other)
    {
        string text = Write(Comparison, "--emit=asm", "--cpu", cpu);

        Assert.Contains(jump, text, StringComparison.Ordinal);
        Assert.DoesNotContain($" {other} ", text, StringComparison.Ordinal);
    }

    /// <summary>Level 1 reads p twice, 3 gives get() the value instead of its place, s calls what is large, z what is not small.</summary>
    [Theory]
    [InlineData("0", 2, true, 0, 0)]
    [InlineData("1", 2, true, 0, 0)]
    [InlineData("2", 1, true, 0, 0)]
    [InlineData("3", 1, false, 0, 0)]
    [InlineData("s", 1, true, 0, 2)]
    [InlineData("z", 1, true, 2, 2)]
    public void The_level_chooses_how_much_is_optimized(string level, int loads, bool place, int medium, int large)
    {
        string text = Write(Levels, "--emit=llvm-ir", "-O", level);

        string f = text[text.IndexOf(" @f(", StringComparison.Ordinal)..];
        Assert.Equal(loads, Regex.Count(f[..f.IndexOf("\n}", StringComparison.Ordinal)], " load i32,"));
        Assert.Equal(place, Regex.IsMatch(text, @"define internal .*@get\(ptr "));
        Assert.Equal((medium, large), (Regex.Count(text, "call .*@medium"), Regex.Count(text, "call .*@large")));
    }

    [Fact]
    public void An_option_of_LLVM_is_given_to_it()
    {
        Assert.Contains("r10", Write(Stack, "--emit=asm"), StringComparison.Ordinal);

        var result = Link("--llvm-args=-bpf-stack-size=256");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("error BPFI2410: output: f needs more than 256 bytes of stack\n", result.Errors, StringComparison.Ordinal);
        Assert.Contains("; the line is shown when rustc is called with -C debuginfo=1", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_weak_definitions_that_of_the_earlier_input_counts()
    {
        const int Inputs = 12;
        var inputs = Enumerable.Range(0, Inputs).Select(i => _project[$"{i}.ll"]).ToList();
        for (var i = 0; i < Inputs; i++)
            File.WriteAllText(inputs[i], "target triple = \"bpfel\"\n" + (i == 0
                ? "declare i32 @chosen()\ndefine i32 @f(ptr %p) section \"xdp\" {\n  %a = call i32 @chosen()\n  ret i32 %a\n}\n"
                : i is 2 or 10 ? $"define weak i32 @chosen() {{\n  ret i32 {i}\n}}\n" : $"define i32 @other{i}() {{\n  ret i32 0\n}}\n"));

        var result = _project.Call(["--emit=llvm-ir", "--export", "f", "-o", _project["output"], .. inputs]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("ret i32 2\n", File.ReadAllText(_project["output"]), StringComparison.Ordinal);
    }

    private string Write(string program, params string[] options)
    {
        File.WriteAllText(_project["text.ll"], $"target triple = \"bpfel\"\n{program}\n");
        var result = Link(options);
        Assert.True(result.ExitCode == 0, result.ToString());
        return File.ReadAllText(_project["output"]);
    }

    private ToolResult Link(params string[] options) => _project.Call([.. options, "--export", "f", "-o", _project["output"], _project["text.ll"]]);

    private static string Storing(string name, int times) =>
        $"define internal void @{name}(ptr %p, i32 %a) {{\n{string.Concat(Enumerable.Repeat("  store volatile i32 %a, ptr %p\n", times))}  ret void\n}}";
}
