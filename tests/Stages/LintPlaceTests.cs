using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Where findings are said to be: at the user's own line, in the function that has it, with the calls it was inlined at.</summary>
public sealed class LintPlaceTests : LintTests
{
    [Theory]
    [InlineData("library/core/src/num/mod.rs", "/rustc/0123")]
    [InlineData("src/maps.rs", "/cargo/registry/src/index/helpers-0.1.0")]
    [InlineData("/cargo/git/checkouts/helpers-0123/src/maps.rs", "/workspace")]
    public void The_place_is_where_the_users_own_code_calls_a_library(string file, string directory)
    {
        string program = Program("%a = load volatile i64, ptr @LIMIT").Replace("@LIMIT, !dbg !6", "@LIMIT, !dbg !9", StringComparison.Ordinal) + $$"""

            !7 = distinct !DISubprogram(name: "get", file: !8, line: 7, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            !8 = !DIFile(filename: "{{file}}", directory: "{{directory}}")
            !9 = !DILocation(line: 8, scope: !7, inlinedAt: !6)
            """;

        Assert.Null(CompileProgram(program, new CodegenOptions { GlobalData = false }));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(("BPFI2424", "prog", "src/main.rs", 42, null), (finding.Id, finding.Function, finding.File, finding.Line, finding.InlinedAt));
    }

    [Theory]
    [InlineData("call void @_ZN4core3fmt5write17h0123456789abcdefE(ptr %p)")]
    [InlineData("store volatile ptr @TABLE, ptr %q")]
    public void A_function_of_a_library_that_is_not_inlined_is_where_the_users_own_code_comes_to_it(string body)
    {
        string program = Program(body) + """

            @TABLE = private constant [1 x ptr] [ptr @_ZN4core3fmt5write17h0123456789abcdefE]
            define internal void @_ZN4core3fmt5write17h0123456789abcdefE(ptr %p) noinline !dbg !7 {
              %a = load ptr, ptr %p, !dbg !9
              call void %a(), !dbg !9
              ret void, !dbg !9
            }
            !7 = distinct !DISubprogram(name: "write", file: !8, line: 7, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            !8 = !DIFile(filename: "library/core/src/fmt/mod.rs", directory: "/rustc/0123")
            !9 = !DILocation(line: 8, scope: !7)
            """;

        Assert.Null(CompileProgram(program, new CodegenOptions(), InlinePolicy.Calls));

        AssertFound("BPFI2421", "text is formatted, for which functions are called that are only known when the program runs, and BPF cannot do that", "prog", 42);
    }

    [Fact]
    public void What_LLVM_reports_is_placed_like_that_too()
    {
        string program = Program("%a = load i128, ptr %p ; %b = call i64 inttoptr (i64 5 to ptr)(i128 %a, i128 %a, i128 %a)").Replace("i128 %a), !dbg !6", "i128 %a), !dbg !9", StringComparison.Ordinal) + """

            !7 = distinct !DISubprogram(name: "get", file: !8, line: 7, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            !8 = !DIFile(filename: "library/core/src/num/mod.rs", directory: "/rustc/0123")
            !9 = !DILocation(line: 8, scope: !7, inlinedAt: !6)
            """;

        CompileProgram(program, new CodegenOptions());

        AssertFound("BPFI2411", "the function takes or passes more than five arguments", "prog", 42);
    }

    [Fact]
    public void The_function_is_the_one_that_has_the_line_and_the_calls_that_it_was_inlined_in_the_place_of_follow()
    {
        string program = Program("%a = load volatile i64, ptr @LIMIT").Replace("@LIMIT, !dbg !6", "@LIMIT, !dbg !9", StringComparison.Ordinal) + """

            !7 = distinct !DISubprogram(name: "get<u32>", linkageName: "_ZN3kit3get17h0123456789abcdefE", file: !8, line: 7, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            !8 = !DIFile(filename: "kit/src/lib.rs", directory: "/workspace")
            !9 = !DILocation(line: 8, scope: !10, inlinedAt: !11)
            !10 = distinct !DILexicalBlock(scope: !7, file: !8, line: 7)
            !11 = !DILocation(line: 9, scope: !12, inlinedAt: !14)
            !12 = distinct !DISubprogram(name: "map", file: !13, line: 9, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            !13 = !DIFile(filename: "library/core/src/option.rs", directory: "/rustc/0123")
            !14 = !DILocation(line: 20, scope: !15, inlinedAt: !6)
            !15 = distinct !DISubprogram(name: "outer", file: !8, line: 19, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            """;

        Assert.Null(CompileProgram(program, new CodegenOptions { GlobalData = false }));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(("kit::get", "kit/src/lib.rs", 8), (finding.Function, finding.File, finding.Line));
        Assert.Equal(new SourceLocation("outer", "kit/src/lib.rs", 20, new SourceLocation("prog", "src/main.rs", 42)), finding.InlinedAt);
    }
}
