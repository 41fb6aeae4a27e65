using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Types that libraries for BPF have, and libbpf or old kernels refuse.</summary>
public sealed class BtfReplacementsTests : LlvmTests
{
    [Fact]
    public void The_marker_of_ayas_maps_is_no_setting_and_their_structure_has_no_name()
    {
        byte[] content = Compile(Program());

        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, content);
        using (var kernel = new KernelLoader()) kernel.Load(path);
        File.Delete(path);
        BtfSection types = Types(content);
        BtfType map = types.Types[(int)types.Word(types.Types.Single(type => type.Kind == BtfKind.Variable && types.Name(type.Offset) == "MAP").Offset + 8) - 1];
        Assert.Equal((BtfKind.Struct, ""), (map.Kind, types.Name(map.Offset)));
        Assert.Equal(["type", "max_entries"], Enumerable.Range(0, map.Count).Select(i => types.Name(map.Extra + (i * map.EntrySize))));
    }

    [Fact]
    public void A_structure_without_a_marker_keeps_its_name()
    {
        BtfSection types = Types(Compile(Program().Replace("AyaBtfMapMarker", "Marker", StringComparison.Ordinal)));

        BtfType map = types.Types.Single(type => type.Kind == BtfKind.Struct && types.Name(type.Offset) == "Ring");
        Assert.Equal(3, map.Count);
    }

    [Fact]
    public void A_data_section_with_a_slash_in_its_name_is_a_number_and_all_other_types_keep_theirs()
    {
        BtfSection types = Types(Compile(Program())), others = Types(Compile(Program().Replace("globals/COUNT", "globals_COUNT", StringComparison.Ordinal)));

        Assert.DoesNotContain(types.Types, type => types.Name(type.Offset).Contains('/', StringComparison.Ordinal));
        int index = others.Types.ToList().FindIndex(type => type.Kind == BtfKind.DataSection && others.Name(type.Offset) == "globals_COUNT");
        Assert.Equal(BtfKind.Int, types.Types[index].Kind);
        Assert.Equal(
            others.Types.Where((_, i) => i != index).Select(type => (type.Kind, others.Name(type.Offset))),
            types.Types.Where((_, i) => i != index).Select(type => (type.Kind, types.Name(type.Offset))));
    }

    [Fact]
    public void Places_in_the_types_are_not_said_where_they_are_others()
    {
        Assert.DoesNotContain(ElfFile.Read(Compile(Program())).Sections, static section => section.Name == ".rel.BTF");
        Assert.Contains(
            ElfFile.Read(Compile(Program().Replace("AyaBtfMapMarker", "Marker", StringComparison.Ordinal).Replace("globals/COUNT", "globals_COUNT", StringComparison.Ordinal))).Sections,
            static section => section.Name == ".rel.BTF");
    }

    [Fact]
    public void What_a_linker_is_to_keep_is_in_one_section_with_its_name()
    {
        byte[] content = Compile(Program() + """

            @first = global i64 1, section "inner"
            @second = global i64 2, section "inner"
            @llvm.used = appending global [2 x ptr] [ptr @first, ptr @second], section "llvm.metadata"
            """);

        ElfSection section = Assert.Single(ElfFile.Read(content).Sections, static section => section.Name == "inner");
        Assert.Equal(16, section.Data.Length);
    }

    private byte[] Compile(string program)
    {
        using LlvmModule module = TestLlvm.Parse(Context, program);
        PatchStage.Apply(new PatchOptions(), module);
        byte[] content = CodegenStage.Generate(new CodegenOptions(), module)!;
        Assert.Empty(Context.Diagnostics);
        return content;
    }

    private static BtfSection Types(byte[] content)
    {
        ElfFile file = ElfFile.Read(content);
        return new BtfSection(file.Sections.Single(static section => section.Name == ".BTF").Data, file.BigEndian);
    }

    // A ring buffer as aya defines it, and a variable as RedBPF defines it.
    private static string Program() => """
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @LICENSE = constant [4 x i8] c"GPL\00", section "license"
        @MAP = global { ptr, ptr } zeroinitializer, section ".maps", !dbg !11
        @COUNT = global i64 0, section "globals/COUNT", !dbg !21
        define i32 @prog(ptr %context) section "socket" !dbg !4 {
          %data = call ptr inttoptr (i64 131 to ptr)(ptr @MAP, i64 8, i64 0), !dbg !6
          %is = icmp eq ptr %data, null, !dbg !6
          br i1 %is, label %full, label %room, !dbg !6
        room:
          call void inttoptr (i64 133 to ptr)(ptr %data, i64 0), !dbg !6
          br label %full, !dbg !6
        full:
          ret i32 0, !dbg !6
        }
        !llvm.dbg.cu = !{!0}
        !llvm.module.flags = !{!2}
        !0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug, globals: !{!11, !21})
        !1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
        !2 = !{i32 2, !"Debug Info Version", i32 3}
        !4 = distinct !DISubprogram(name: "prog", file: !1, line: 40, type: !5, unit: !0, spFlags: DISPFlagDefinition)
        !5 = !DISubroutineType(types: !{!7, !8})
        !6 = !DILocation(line: 42, scope: !4)
        !7 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
        !8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)
        !11 = !DIGlobalVariableExpression(var: !12, expr: !DIExpression())
        !12 = distinct !DIGlobalVariable(name: "MAP", scope: !0, file: !1, line: 3, type: !13, isLocal: false, isDefinition: true)
        !13 = !DICompositeType(tag: DW_TAG_structure_type, name: "Ring", size: 128, elements: !{!14, !15, !16})
        !14 = !DIDerivedType(tag: DW_TAG_member, name: "type", baseType: !17, size: 64)
        !15 = !DIDerivedType(tag: DW_TAG_member, name: "max_entries", baseType: !18, size: 64, offset: 64)
        !16 = !DIDerivedType(tag: DW_TAG_member, name: "_anon", baseType: !19, offset: 128)
        !17 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !30, size: 64)
        !18 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !31, size: 64)
        !19 = !DICompositeType(tag: DW_TAG_structure_type, name: "AyaBtfMapMarker", elements: !{})
        !21 = !DIGlobalVariableExpression(var: !22, expr: !DIExpression())
        !22 = distinct !DIGlobalVariable(name: "COUNT", scope: !0, file: !1, line: 4, type: !23, isLocal: false, isDefinition: true)
        !23 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
        !30 = !DICompositeType(tag: DW_TAG_array_type, baseType: !7, size: 864, elements: !{!32})
        !31 = !DICompositeType(tag: DW_TAG_array_type, baseType: !7, size: 131072, elements: !{!33})
        !32 = !DISubrange(count: 27)
        !33 = !DISubrange(count: 4096)
        """;
}
