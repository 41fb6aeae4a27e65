using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Stages.Tests.Verify;

/// <summary>Maps as aya and RedBPF declare them, for libbpf.</summary>
[Collection(nameof(Loader))]
public sealed class LegacyMapsTests : LlvmTests
{
    [Theory]
    [InlineData("without type information", false)]
    [InlineData("with type information", false)]
    [InlineData("with type information", true)]
    public void A_kernel_gets_every_map_of_an_object_that_follows_several_conventions(string types, bool alsoKnown)
    {
        byte[] compiled = Compile(types == "with type information", alsoKnown);

        byte[] converted = LegacyMaps.Convert(compiled);

        ElfFile file = ElfFile.Read(converted);
        Assert.DoesNotContain(file.Sections, static section => section.Name.StartsWith("maps", StringComparison.Ordinal));
        int maps = Array.FindIndex([.. file.Sections], static section => section.Name == ".maps");
        string[] names = [.. file.Symbols.Where(symbol => symbol.Section == maps && symbol.Type == ElfSymbol.TypeObject).OrderBy(static symbol => symbol.Value).Select(static symbol => symbol.Name)];
        Assert.Equal(alsoKnown ? ["KNOWN", "LATER", "FIRST", "SECOND", "THIRD"] : (string[])["FIRST", "SECOND", "THIRD"], names);
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, converted);
        using (var kernel = new KernelLoader()) kernel.Load(path);
        File.Delete(path);
    }

    [Fact]
    public void An_object_without_such_maps_stays_as_it_is()
    {
        byte[] converted = LegacyMaps.Convert(Compile(true, true));

        Assert.Same(converted, LegacyMaps.Convert(converted));
    }

    [Fact]
    public void A_definition_that_ends_early_is_no_map()
    {
        byte[] compiled = Compile(false, false);
        ElfFile file = ElfFile.Read(compiled);
        byte[] cut = ElfWriter.Write(file, static _ => true, static section => section.Name == "maps/third" ? section.Data[..12] : section.Data);

        Assert.Throws<MalformedInputException>(() => LegacyMaps.Convert(cut));
    }

    [Fact]
    public void The_report_says_why_a_definition_is_no_map()
    {
        ElfFile file = ElfFile.Read(Compile(false, false));
        byte[] cut = ElfWriter.Write(file, static _ => true, static section => section.Name == "maps" ? section.Data[..12] : section.Data);
        LibbpfLibrary.Load(LibbpfLibrary.Find()!);
        LibbpfMessages.Listen();

        LoadReport report = Loader.Run(cut, 1000);
        Diagnostic finding = Assert.Single(Verdict.Of(report, cut, 12).Diagnostics);

        Assert.Contains(report.Messages, static message => message.StartsWith("symbol FIRST in section maps is no bpf_map_def: ", StringComparison.Ordinal));
        Assert.Contains("cannot read the object: symbol FIRST in section maps is no bpf_map_def", finding.Message, StringComparison.Ordinal);
        Assert.StartsWith("A symbol in a section called maps has to be a bpf_map_def", finding.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_damage_is_no_matter_of_the_definition()
    {
        var report = new LoadReport("v1.1", "6.1.0", 95, ["the string at byte 5 has no end", "elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+"], []);

        Diagnostic finding = Assert.Single(Verdict.Of(report, [], 12).Diagnostics);

        Assert.EndsWith("cannot read the object: the string at byte 5 has no end", finding.Message, StringComparison.Ordinal);
        Assert.Equal("See the message.", finding.Hint);
    }

    [Theory]
    [InlineData("my-map", "SECOND")]
    [InlineData("my-map", "my_2D_map")]
    [InlineData("my_2D_map", "my-map")]
    [InlineData("prog", "SECOND")]
    [InlineData("twice", "twice")]
    [InlineData("5000", "SECOND")]
    public void Maps_get_names_that_libbpf_finds_and_the_kernel_takes(string first, string second)
    {
        ElfFile file = ElfFile.Read(Compile(true, false));
        string Renamed(string name) => name == "FIRST" ? first.Replace("5000", new string('n', 5000), StringComparison.Ordinal) : name == "SECOND" ? second : name;
        byte[] renamed = ElfWriter.Write(
            file.With(file.Sections, [.. file.Symbols.Select(symbol => symbol with { Name = Renamed(symbol.Name) })]), static _ => true, static section => section.Data);

        AssertLoads(LegacyMaps.Convert(renamed), 3);
    }

    [Theory]
    [InlineData(1 << 4)]
    [InlineData(1)]
    public void Symbols_without_a_type_or_of_one_file_are_maps_too(byte info)
    {
        ElfFile file = ElfFile.Read(Compile(false, false));
        byte[] untyped = ElfWriter.Write(
            file.With(file.Sections, [.. file.Symbols.Select(symbol => symbol.Name == "THIRD" ? symbol with { Info = info } : symbol)]), static _ => true, static section => section.Data);

        AssertLoads(LegacyMaps.Convert(untyped), 3);
    }

    private static void AssertLoads(byte[] converted, int maps)
    {
        ElfFile file = ElfFile.Read(converted);
        int section = Array.FindIndex([.. file.Sections], static section => section.Name == ".maps");
        string[] names = [.. file.Symbols.Where(symbol => symbol.Section == section && symbol.Type == ElfSymbol.TypeObject).Select(static symbol => symbol.Name)];
        Assert.Equal(maps, names.Distinct().Count());
        Assert.All(names, static name => Assert.Matches("^[A-Za-z_][A-Za-z0-9_]{0,126}$", name));
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, converted);
        using (var kernel = new KernelLoader()) kernel.Load(path);
        File.Delete(path);
    }

    private byte[] Compile(bool types, bool alsoKnown)
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program(types, alsoKnown));
        PatchStage.Apply(new PatchOptions(), module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
        byte[] content = CodegenStage.Generate(new CodegenOptions(), module)!;
        Assert.Empty(Context.Diagnostics);
        return content;
    }

    private static string Program(bool types, bool alsoKnown)
    {
        string[] maps = [.. alsoKnown ? ["KNOWN", "LATER"] : (string[])[], "FIRST", "SECOND", "THIRD"];
        return $$"""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            %aya = type { i32, i32, i32, i32, i32, i32, i32 }
            %redbpf = type { i32, i32, i32, i32, i32 }
            @LICENSE = constant [4 x i8] c"GPL\00", section "license"
            @FIRST = global %aya { i32 1, i32 4, i32 8, i32 16, i32 1, i32 0, i32 1 }, section "maps"{{(types ? ", !dbg !20" : "")}}
            @SECOND = global %aya { i32 6, i32 4, i32 32, i32 1, i32 0, i32 0, i32 0 }, section "maps"
            @THIRD = global %redbpf { i32 2, i32 4, i32 8, i32 3, i32 0 }, section "maps/third"
            {{(alsoKnown ? "@KNOWN = global { ptr, ptr, ptr, ptr } zeroinitializer, section \".maps\", !dbg !11" : "")}}
            {{(alsoKnown ? "@LATER = global { ptr, ptr, ptr, ptr } zeroinitializer, section \".maps\", !dbg !23" : "")}}
            define i32 @prog(ptr %Context) section "xdp"{{(types ? " !dbg !4" : "")}} {
              %key = alloca i32
              store i32 0, ptr %key
              {{string.Concat(maps.Select(map => $"%of{map} = call ptr inttoptr (i64 1 to ptr)(ptr @{map}, ptr %key){(types ? ", !dbg !6" : "")}\n  "))}}
              ret i32 2{{(types ? ", !dbg !6" : "")}}
            }
            {{(types ? Types : "")}}
            """;
    }

    private const string Types = """
        !llvm.dbg.cu = !{!0}
        !llvm.module.flags = !{!2}
        !0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug, globals: !{!11, !20, !23})
        !1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
        !2 = !{i32 2, !"Debug Info Version", i32 3}
        !4 = distinct !DISubprogram(name: "prog", file: !1, line: 40, type: !5, unit: !0, spFlags: DISPFlagDefinition)
        !5 = !DISubroutineType(types: !{!7, !8})
        !6 = !DILocation(line: 42, scope: !4)
        !7 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
        !8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)
        !11 = !DIGlobalVariableExpression(var: !12, expr: !DIExpression())
        !12 = distinct !DIGlobalVariable(name: "KNOWN", scope: !0, file: !1, line: 3, type: !13, isLocal: false, isDefinition: true)
        !13 = !DICompositeType(tag: DW_TAG_structure_type, name: "Known", size: 256, elements: !{!14, !15, !16, !17})
        !14 = !DIDerivedType(tag: DW_TAG_member, name: "type", baseType: !18, size: 64)
        !15 = !DIDerivedType(tag: DW_TAG_member, name: "key", baseType: !8, size: 64, offset: 64)
        !16 = !DIDerivedType(tag: DW_TAG_member, name: "value", baseType: !8, size: 64, offset: 128)
        !17 = !DIDerivedType(tag: DW_TAG_member, name: "max_entries", baseType: !18, size: 64, offset: 192)
        !18 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !19, size: 64)
        !19 = !DICompositeType(tag: DW_TAG_array_type, baseType: !7, size: 64, elements: !{!22})
        !20 = !DIGlobalVariableExpression(var: !21, expr: !DIExpression())
        !21 = distinct !DIGlobalVariable(name: "FIRST", scope: !0, file: !1, line: 4, type: !7, isLocal: false, isDefinition: true)
        !22 = !DISubrange(count: 2)
        !23 = !DIGlobalVariableExpression(var: !24, expr: !DIExpression())
        !24 = distinct !DIGlobalVariable(name: "LATER", scope: !0, file: !1, line: 5, type: !13, isLocal: false, isDefinition: true)
        """;
}
