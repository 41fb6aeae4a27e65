using System.Collections.Immutable;
using BpfIncr.Cache.Digests;
using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>Makes the BPF object, cleans it up, and reads it back.</summary>
internal static class CodegenStage
{
    /// <summary>LLVM options of every code generation: LLVM 22 would make a call of <c>unreachable</c> that old kernels do not know.</summary>
    public static readonly ImmutableArray<string> BaseOptions = ["-bpf-disable-trap-unreachable"];

    /// <summary>Runs the stage; the output is written only when no error is returned.</summary>
    public static IReadOnlyList<Diagnostic> Run(CodegenOptions options, StageFiles files)
    {
        using var context = new LlvmContext("BPFI2401");
        using LlvmModule? module = context.ParseBitcode(File.ReadAllBytes(files.Input.Path), files.Input.Name);
        if (module is null) return context.Diagnostics;
        if (Generate(options, module) is { } bytes && !context.Failed) NewFile.Write(files.Output, bytes);
        return context.Diagnostics;
    }

    /// <summary>The object of a module; null or not to be used when the module's context has an error.</summary>
    public static byte[]? Generate(CodegenOptions options, LlvmModule module)
    {
        LlvmContext context = module.Context;
        bool isBig = module.Triple.StartsWith(BpfMachine.BigEndian, StringComparison.Ordinal);
        string triple = isBig ? BpfMachine.BigEndian : BpfMachine.LittleEndian;
        if (options.ByteOrder == (isBig ? ByteOrder.Little : ByteOrder.Big))
        {
            context.Report(Diagnostic.Error("BPFI2402", $"the program is compiled for {module.Triple}, the object is to be {options.ByteOrder.ToString().ToLowerInvariant()}-endian", "Compile for the same byte order."));
            return null;
        }

        new CopySplitter(module, options.TakesUnalignedWords).Run();
        SignedDivision.Run(module, options.Cpu);
        BoundedSums.Run(module);
        PartialVariables.Run(module);
        if (!options.GlobalData || module.DefinedFunctions().Any(BtfReduction.IsForTc)) new StackConstants(module).Run();
        new MachineLints(module, options).Run();
        new UnresolvedLint(module, options.KernelFunctions).Run();
        new MapAlignmentLint(module).Run();
        if (options.SectionNames == SectionNames.Libbpf) SectionRenamer.Run(module);
        new GlobalDataLint(module, options.GlobalData).Run();
        // A table of functions or of a trait's is named as what it is used for.
        if (!context.Failed) new AddressLint(module).Run();
        if (!options.Loops) new LoopLint(module).Run();
        if (context.Failed) return null;
        KnownAlignment.Run(module);
        NarrowComparisons.Run(module);
        // DWARF, where it stays, has both places.
        if (options.Strip) OwnLines.Run(module);
        // LLVM 22 makes tables of jumps for cpu v4, which libbpf 1.1 refuses, and most kernels do not know.
        var attributes = new AttributeSet(context);
        foreach (LLVMValueRef function in module.DefinedFunctions()) attributes.AddString(function, "no-jump-tables"u8, "true"u8);
        ForgetRetention(module);
        InstructionLimit? limit = options.MaxInstructions > 0 ? new InstructionLimit(module, options.MaxInstructions) : null;
        bool reaches = options.Emit == EmittedFile.Assembly
            || BranchReach.Suffices(module, options.Cpu, copy => Emit(options with { Emit = EmittedFile.Assembly }, copy, triple));
        byte[]? emitted = reaches ? Emit(options, module, triple) : null;
        context.Refine(new StackUse(module, StackLimit(options)).Explain);
        context.Refine(new ReportedPlace(module).Explain);
        if (emitted is null || context.Failed) return null;
        if (options.Emit == EmittedFile.Assembly) return emitted;
        byte[] repaired = BtfReduction.Run(BtfRepair.Run(emitted));
        foreach (Diagnostic finding in BtfReduction.Check(repaired)) context.Report(finding);
        foreach (Diagnostic finding in limit?.Check(repaired) ?? []) context.Report(finding);
        byte[] bytes = options.Strip ? ObjectStripper.Strip(repaired) : repaired;
        foreach (Diagnostic finding in ObjectCheck.Run(bytes, options.RequiresProgram, KernelSymbolNames.Of(bytes))) context.Report(finding);
        return bytes;
    }

    // LLVM gives what a linker has to keep a section of its own, and of several with one name loaders see the first. No linker follows.
    private static void ForgetRetention(LlvmModule module)
    {
        LLVMValueRef used = LLVM.LLVMGetNamedGlobal(module.Ref, "llvm.used");
        if (!used.IsNull) LLVM.LLVMDeleteGlobal(used);
    }

    // LLVM does not say it.
    private static string StackLimit(CodegenOptions options) =>
        options.LlvmOptions.Select(static option => option.TrimStart('-').Split('=')).LastOrDefault(static parts => parts is ["bpf-stack-size", _])?[1] ?? "512";

    private static unsafe byte[]? Emit(CodegenOptions options, LlvmModule module, string triple)
    {
        string cpu = options.Cpu.ToString().ToLowerInvariant();
        using BpfMachine machine = BpfMachine.Create(triple, cpu, options.Features, options.Level);
        machine.Adopt(module, triple);
        int failed = LLVM.LLVMTargetMachineEmitToMemoryBuffer(
            machine.Ref, module.Ref, options.Emit == EmittedFile.Assembly ? LLVMCodeGenFileType.Assembly : LLVMCodeGenFileType.Object, out byte* message, out LLVMMemoryBufferRef buffer);
        if (failed == 0) return LlvmBuffer.Take(buffer);
        module.Context.Report(Diagnostic.Error("BPFI2403", $"LLVM cannot make an object: {LlvmText.Take(message)}"));
        return null;
    }
}
