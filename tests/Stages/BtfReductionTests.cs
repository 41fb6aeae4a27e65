using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>What old tc loaders get to see of an object's types.</summary>
public sealed class BtfReductionTests : LlvmTests
{
    [Fact]
    public void A_program_for_tc_has_only_old_kinds_of_types_under_the_same_numbers()
    {
        ElfFile whole = ElfFile.Read(Compile(Program("tc", "true")));
        ElfFile reduced = ElfFile.Read(Compile(Program("tc_action/mark", "true")));

        BtfSection before = Types(whole), after = Types(reduced);
        Assert.Contains(before.Types, static type => type.Kind > BtfKind.Restrict);
        Assert.DoesNotContain(after.Types, static type => type.Kind > BtfKind.Restrict);
        Assert.Equal(before.Types.Count, after.Types.Count);
        Assert.All(before.Types.Zip(after.Types).Where(static pair => pair.First.Kind <= BtfKind.Restrict), static pair => Assert.Equal((pair.First.Kind, pair.First.Count), (pair.Second.Kind, pair.Second.Count)));
        Assert.Contains(after.Types, type => type.Kind == BtfKind.Struct && after.Name(type.Offset) == "Packet");
        Assert.DoesNotContain(reduced.Sections, static section => section.Name is ".BTF.ext" or ".rel.BTF");
        Assert.Empty(Context.Diagnostics);
    }

    [Fact]
    public void Constant_data_is_refused_as_tc_cannot_relocate_it()
    {
        Compile(Program("tc_action/mark", "load volatile i32, ptr @KEY"));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(("BPFI2422", "prog", "src/main.rs", 42), (finding.Id, finding.Function, finding.File, finding.Line));
    }

    [Fact]
    public void A_constant_of_the_compilers_own_is_put_on_the_stack()
    {
        string program = Program("tc_action/mark", "call i64 inttoptr (i64 6 to ptr)(ptr @KEY, i32 4)")
            .Replace("private constant i32 42, section \".rodata\"", "private unnamed_addr constant i32 42", StringComparison.Ordinal);

        byte[] content = Compile(program);

        Assert.Empty(Context.Diagnostics);
        Assert.DoesNotContain(ElfFile.Read(content).Sections, static section => section.Name.StartsWith(".rodata", StringComparison.Ordinal));
    }

    [Fact]
    public void A_call_is_refused_as_what_it_is()
    {
        Compile(Program("tc_action/mark", "call i32 @choose(i32 1)") + """

            define internal i32 @choose(i32 %a) noinline !dbg !16 {
              %b = call i32 asm sideeffect "$0 += 7", "=r,0"(i32 %a), !dbg !17
              ret i32 %b, !dbg !17
            }
            !16 = distinct !DISubprogram(name: "choose", file: !1, line: 50, type: !18, unit: !0, spFlags: DISPFlagDefinition)
            !17 = !DILocation(line: 51, scope: !16)
            !18 = !DISubroutineType(types: !{!7, !7})
            """, InlinePolicy.Calls);

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(("BPFI2422", "tc_action/mark calls a function, which tc cannot relocate"), (finding.Id, finding.Message));
    }

    private byte[] Compile(string program, InlinePolicy inline = InlinePolicy.All)
    {
        using LlvmModule module = TestLlvm.Parse(Context, program);
        PatchStage.Apply(new PatchOptions { Inline = inline }, module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
        return CodegenStage.Generate(new CodegenOptions(), module)!;
    }

    private static BtfSection Types(ElfFile file) => new(file.Sections.Single(static section => section.Name == ".BTF").Data, file.BigEndian);

    private static string Program(string section, string use) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @KEY = private constant i32 42, section ".rodata"
        @COUNT = global i64 0, section "maps/count", !dbg !11
        define i32 @prog(ptr %p) section "{{section}}" !dbg !4 {
          {{(use == "true" ? "" : $"%key = {use}, !dbg !6")}}
          ret i32 0, !dbg !6
        }
        !llvm.dbg.cu = !{!0}
        !llvm.module.flags = !{!2}
        !0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug, globals: !{!11})
        !1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
        !2 = !{i32 2, !"Debug Info Version", i32 3}
        !4 = distinct !DISubprogram(name: "prog", file: !1, line: 40, type: !5, unit: !0, spFlags: DISPFlagDefinition)
        !5 = !DISubroutineType(types: !{!7, !8})
        !6 = !DILocation(line: 42, scope: !4)
        !7 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
        !8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
        !9 = !DICompositeType(tag: DW_TAG_structure_type, name: "Packet", size: 64, elements: !{!10, !14})
        !10 = !DIDerivedType(tag: DW_TAG_member, name: "length", baseType: !7, size: 32)
        !11 = !DIGlobalVariableExpression(var: !12, expr: !DIExpression())
        !12 = distinct !DIGlobalVariable(name: "COUNT", scope: !0, file: !1, line: 3, type: !13, isLocal: false, isDefinition: true)
        !13 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
        !14 = !DIDerivedType(tag: DW_TAG_member, name: "share", baseType: !15, size: 32, offset: 32)
        !15 = !DIBasicType(name: "f32", size: 32, encoding: DW_ATE_float)
        """;
}
