using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Tests;

/// <summary>Structures that are only pointed to, from a structure that is known.</summary>
public sealed class BtfForwardsTests : LlvmTests
{
    // In the order in which the members name them, which is none that they could have by chance.
    private static readonly string[] Names = ["sock", "file", "task", "cred", "pid", "inode", "bio", "page"];

    [Fact]
    public void They_are_in_the_order_of_their_names_and_each_pointer_leads_to_its_own()
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program());
        byte[] content = CodegenStage.Generate(new CodegenOptions(), module)!;
        Assert.Empty(Context.Diagnostics);
        ElfFile file = ElfFile.Read(content);
        var btf = new BtfSection(file.Sections.Single(static section => section.Name == ".BTF").Data, file.BigEndian);

        Assert.Equal(
            Names.Order(StringComparer.Ordinal), btf.Types.Where(static type => type.Kind == BtfKind.Forward).Select(type => btf.Name(type.Offset)));
        BtfType holder = btf.Types.Single(type => type.Kind == BtfKind.Struct && btf.Name(type.Offset) == "holder");
        Assert.Equal(Names, Enumerable.Range(0, holder.Count).Select(i =>
        {
            int member = holder.Extra + (i * holder.EntrySize);
            BtfType pointer = btf.Types[(int)btf.Word(member + 4) - 1];
            Assert.Equal(BtfKind.Pointer, pointer.Kind);
            return btf.Name(btf.Types[(int)btf.Word(pointer.Offset + 8) - 1].Offset);
        }));
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, content);
        using (var kernel = new KernelLoader()) kernel.Load(path);
        File.Delete(path);
    }

    private static string Program()
    {
        // A pointee has to have a member, or LLVM takes it for a declaration that it has met already.
        string members = string.Join('\n', Names.Select((name, i) => $$"""
            !{{20 + i}} = !DIDerivedType(tag: DW_TAG_member, name: "{{name}}", scope: !8, file: !1, baseType: !{{40 + i}}, size: 64, offset: {{i * 64}})
            !{{40 + i}} = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !{{60 + i}}, size: 64)
            !{{60 + i}} = !DICompositeType(tag: DW_TAG_structure_type, name: "{{name}}", file: !1, size: 32, elements: !{{80 + i}})
            !{{80 + i}} = !{!{{100 + i}}}
            !{{100 + i}} = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !{{60 + i}}, file: !1, baseType: !7, size: 32)
            """));
        return $$"""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            @LICENSE = constant [4 x i8] c"GPL\00", section "license"
            define i32 @prog(ptr %context) section "socket" !dbg !4 {
              ret i32 0, !dbg !11
            }
            define i32 @other(ptr %holder) noinline !dbg !12 {
              ret i32 0, !dbg !15
            }
            !llvm.dbg.cu = !{!0}
            !llvm.module.flags = !{!2, !3}
            !0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !1, emissionKind: FullDebug)
            !1 = !DIFile(filename: "a.rs", directory: "/workspace")
            !2 = !{i32 2, !"Debug Info Version", i32 3}
            !3 = !{i32 2, !"Dwarf Version", i32 4}
            !4 = distinct !DISubprogram(name: "prog", file: !1, line: 1, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            !5 = !DISubroutineType(types: !6)
            !6 = !{!7, !10}
            !7 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
            !8 = !DICompositeType(tag: DW_TAG_structure_type, name: "holder", file: !1, size: {{Names.Length * 64}}, elements: !9)
            !9 = !{{{string.Join(", ", Names.Select((_, i) => $"!{20 + i}"))}}}
            !10 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: null, size: 64)
            !11 = !DILocation(line: 1, scope: !4)
            !12 = distinct !DISubprogram(name: "other", file: !1, line: 2, type: !13, unit: !0, spFlags: DISPFlagDefinition)
            !13 = !DISubroutineType(types: !14)
            !14 = !{!7, !16}
            !15 = !DILocation(line: 2, scope: !12)
            !16 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !8, size: 64)
            {{members}}
            """;
    }
}
