using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Types of Rust that LLVM describes as the kernel does not take them.</summary>
public sealed class BtfRepairTests : LlvmTests
{
    [Fact]
    public void A_char_is_a_number_of_32_bits_wherever_it_is_a_value()
    {
        BtfSection types = Types();

        BtfType value = types.Types.Single(type => type.Kind == BtfKind.Struct && types.Name(type.Offset) == "Value");
        BtfType character = types.Types[(int)types.Word(value.Extra + 4) - 1];
        Assert.Equal((BtfKind.Int, "char", 4u), (character.Kind, types.Name(character.Offset), types.Word(character.Offset + 8)));
        BtfType array = types.Types[(int)types.Word(value.Extra + 16) - 1];
        Assert.Equal((BtfKind.Array, types.Word(value.Extra + 4)), (array.Kind, types.Word(array.Extra)));
        BtfType other = types.Types.Single(type => type.Kind == BtfKind.Function && types.Name(type.Offset) == "other");
        BtfType prototype = types.Types[(int)types.Word(other.Offset + 8) - 1];
        Assert.Equal((1, types.Word(value.Extra + 4)), (prototype.Count, types.Word(prototype.Extra + 4)));
    }

    [Fact]
    public void Names_become_identifiers_and_members_are_in_the_order_of_their_places()
    {
        BtfSection types = Types();

        BtfType value = types.Types.Single(type => type.Kind == BtfKind.Struct && types.Name(type.Offset).StartsWith("Option", StringComparison.Ordinal));
        Assert.Equal("Option_3C_u32_3E_", types.Name(value.Offset));
        uint[] places = [.. Enumerable.Range(0, value.Count).Select(i => types.Word(value.Extra + (i * value.EntrySize) + 8))];
        Assert.Equal([0u, 32u], places);
        Assert.All(types.Types.Where(static type => type.Kind is BtfKind.Pointer or BtfKind.Array), type => Assert.Equal("", types.Name(type.Offset)));
    }

    [Fact]
    public void A_tag_that_is_not_at_the_beginning_is_in_a_structure()
    {
        BtfSection types = Types();

        BtfType union = types.Types.Single(static type => type.Kind == BtfKind.Union);
        Assert.All(Enumerable.Range(0, union.Count), i => Assert.Equal(0u, types.Word(union.Extra + (i * union.EntrySize) + 8)));
        var holder = Enumerable.Range(0, union.Count).Select(i => types.Types[(int)types.Word(union.Extra + (i * union.EntrySize) + 4) - 1]).Single(type => types.Name(type.Offset).Length == 0);
        Assert.Equal((BtfKind.Struct, 1, 64u), (holder.Kind, holder.Count, types.Word(holder.Extra + 8)));
        Assert.Equal(types.Word(union.Offset + 8), types.Word(holder.Offset + 8));
    }

    [Theory]
    [InlineData("", 1u)]
    [InlineData("internal", 0u)]
    public void A_function_is_global_only_when_its_symbol_is(string linkage, uint expected)
    {
        BtfSection types = Types(linkage);

        BtfType function = types.Types.Single(type => type.Kind == BtfKind.Function && types.Name(type.Offset) == "other");
        Assert.Equal(expected, (uint)function.Count);
    }

    private BtfSection Types(string linkage = "")
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program(linkage));
        PatchStage.Apply(new PatchOptions { Inline = InlinePolicy.Calls }, module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
        byte[] content = CodegenStage.Generate(new CodegenOptions(), module)!;
        Assert.Empty(Context.Diagnostics);
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, content);
        using (var kernel = new KernelLoader()) kernel.Load(path);
        File.Delete(path);
        ElfFile file = ElfFile.Read(content);
        return new BtfSection(file.Sections.Single(static section => section.Name == ".BTF").Data, file.BigEndian);
    }

    // A map whose value has a char, an array of them, and an Option whose tag is behind its field.
    private static string Program(string linkage) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @LICENSE = constant [4 x i8] c"GPL\00", section "license"
        @MAP = global { ptr, ptr, ptr, ptr } zeroinitializer, section ".maps", !dbg !11
        define {{linkage}} i32 @other(i32 %letter) noinline !dbg !40 {
          %result = call i32 asm sideeffect "", "=r,0"(i32 %letter), !dbg !41
          ret i32 %result, !dbg !41
        }
        define i32 @prog(ptr %Context) section "socket" !dbg !4 {
          %key = alloca i32
          store i32 0, ptr %key
          %value = call ptr inttoptr (i64 1 to ptr)(ptr @MAP, ptr %key), !dbg !6
          %letter = call i32 @other(i32 97), !dbg !6
          ret i32 %letter, !dbg !6
        }
        !llvm.dbg.cu = !{!0}
        !llvm.module.flags = !{!2}
        !0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug, globals: !{!11})
        !1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
        !2 = !{i32 2, !"Debug Info Version", i32 3}
        !4 = distinct !DISubprogram(name: "prog", file: !1, line: 40, type: !5, unit: !0, spFlags: DISPFlagDefinition)
        !5 = !DISubroutineType(types: !{!7, !8})
        !6 = !DILocation(line: 42, scope: !4)
        !7 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
        !8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)
        !11 = !DIGlobalVariableExpression(var: !12, expr: !DIExpression())
        !12 = distinct !DIGlobalVariable(name: "MAP", scope: !0, file: !1, line: 3, type: !13, isLocal: false, isDefinition: true)
        !13 = !DICompositeType(tag: DW_TAG_structure_type, name: "Map", size: 256, elements: !{!14, !15, !16, !17})
        !14 = !DIDerivedType(tag: DW_TAG_member, name: "type", baseType: !18, size: 64)
        !15 = !DIDerivedType(tag: DW_TAG_member, name: "key", baseType: !8, size: 64, offset: 64)
        !16 = !DIDerivedType(tag: DW_TAG_member, name: "value", baseType: !20, size: 64, offset: 128)
        !17 = !DIDerivedType(tag: DW_TAG_member, name: "max_entries", baseType: !18, size: 64, offset: 192)
        !18 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !19, size: 64)
        !19 = !DICompositeType(tag: DW_TAG_array_type, baseType: !7, size: 64, elements: !{!30})
        !20 = !DIDerivedType(tag: DW_TAG_pointer_type, name: "*const Value", baseType: !24, size: 64)
        !21 = !DIBasicType(name: "char", size: 32, encoding: DW_ATE_UTF)
        !22 = !DIBasicType(name: "bool", size: 8, encoding: DW_ATE_boolean)
        !23 = !DICompositeType(tag: DW_TAG_array_type, baseType: !21, size: 64, elements: !{!30})
        !24 = !DICompositeType(tag: DW_TAG_structure_type, name: "Value", size: 256, elements: !{!25, !26, !27, !50})
        !25 = !DIDerivedType(tag: DW_TAG_member, name: "letter", baseType: !21, size: 32)
        !26 = !DIDerivedType(tag: DW_TAG_member, name: "word", baseType: !23, size: 64, offset: 32)
        !27 = !DIDerivedType(tag: DW_TAG_member, name: "perhaps", baseType: !28, size: 128, offset: 96, align: 32)
        !28 = !DICompositeType(tag: DW_TAG_structure_type, name: "Perhaps", size: 96, elements: !{!29}, identifier: "perhaps")
        !29 = !DICompositeType(tag: DW_TAG_variant_part, scope: !28, size: 96, elements: !{!31, !32}, identifier: "part", discriminator: !33)
        !30 = !DISubrange(count: 2)
        !31 = !DIDerivedType(tag: DW_TAG_member, name: "None", scope: !29, baseType: !34, size: 96, extraData: i8 2)
        !32 = !DIDerivedType(tag: DW_TAG_member, name: "Some", scope: !29, baseType: !35, size: 96)
        !33 = !DIDerivedType(tag: DW_TAG_member, scope: !28, baseType: !22, size: 8, offset: 64, flags: DIFlagArtificial)
        !34 = !DICompositeType(tag: DW_TAG_structure_type, name: "None", scope: !28, size: 96, elements: !{}, identifier: "none")
        !35 = !DICompositeType(tag: DW_TAG_structure_type, name: "Some", scope: !28, size: 96, elements: !{!36, !37}, identifier: "some")
        !36 = !DIDerivedType(tag: DW_TAG_member, name: "__0", scope: !35, baseType: !7, size: 32)
        !37 = !DIDerivedType(tag: DW_TAG_member, name: "__1", scope: !35, baseType: !22, size: 8, offset: 64)
        !40 = distinct !DISubprogram(name: "other", file: !1, line: 30, type: !42, unit: !0, spFlags: DISPFlagDefinition)
        !41 = !DILocation(line: 31, scope: !40)
        !42 = !DISubroutineType(types: !{!7, !21})
        !50 = !DIDerivedType(tag: DW_TAG_member, name: "option", baseType: !51, size: 64, offset: 192)
        !51 = !DICompositeType(tag: DW_TAG_structure_type, name: "Option<u32>", size: 64, elements: !{!53, !52})
        !52 = !DIDerivedType(tag: DW_TAG_member, name: "tag", baseType: !7, size: 32)
        !53 = !DIDerivedType(tag: DW_TAG_member, name: "value", baseType: !7, size: 32, offset: 32)
        """;
}
