namespace BpfIncr.Stages.Llvm;

/// <summary>Finds in a module's debug info where its code comes from, and gives that to findings.</summary>
internal static class DebugLocation
{
    // The standard library's sources are in these directories wherever the toolchain was built; cargo keeps other crates in the others.
    private static readonly string[] Libraries = ["library/core/src/", "library/alloc/src/", "library/std/src/", "/registry/src/", "/git/checkouts/"];

    // The scope comes second among a block's operands; a function's names are its third and fourth.
    private const int ScopeOperand = 1, NameOperand = 2, LinkageNameOperand = 3;

    /// <summary>
    /// The innermost location that is the user's own, and the calls that it was inlined in the place of: what is of the standard library,
    /// or of crates that cargo has downloaded, is left out. A function of theirs that was not inlined is where the user's own code comes to
    /// it. Where nothing is the user's own, the innermost location; without debug info, only the function.
    /// </summary>
    public static SourceLocation Of(LLVMValueRef instruction)
    {
        LLVMValueRef function = LlvmModule.FunctionOf(instruction);
        LLVMMetadataRef location = LLVM.LLVMInstructionGetDebugLoc(instruction);
        return Own(location, function) ?? (location.IsNull ? new SourceLocation(NameOf(function), null, 0) : Caller(function) ?? Innermost(location, function));
    }

    /// <summary>The same for a location in a function, such as that of a variable's declaration.</summary>
    public static SourceLocation Of(LLVMMetadataRef debugLocation, LLVMValueRef function) =>
        Own(debugLocation, function) ?? Innermost(debugLocation, function);

    /// <summary>The innermost location of an instruction that is the user's own, as debug info has it; null where none is.</summary>
    public static LLVMMetadataRef? OwnNode(LLVMValueRef instruction)
    {
        for (LLVMMetadataRef at = LLVM.LLVMInstructionGetDebugLoc(instruction); !at.IsNull; at = LLVM.LLVMDILocationGetInlinedAt(at))
            if (IsOwn(at)) return at;
        return null;
    }

    /// <summary>Whether the innermost location of an instruction is a line, whoever has written that.</summary>
    public static bool IsAt(LLVMValueRef instruction, string file, int line)
    {
        LLVMMetadataRef location = LLVM.LLVMInstructionGetDebugLoc(instruction);
        return !location.IsNull && LLVM.LLVMDILocationGetLine(location) == line && FileOf(LLVM.LLVMDILocationGetScope(location)).Name == file;
    }

    /// <summary>Where a function is defined.</summary>
    public static SourceLocation OfFunction(LLVMValueRef function)
    {
        LLVMMetadataRef subprogram = LLVM.LLVMGetSubprogram(function);
        return subprogram.IsNull
            ? new SourceLocation(NameOf(function), null, 0)
            : new SourceLocation(NameOf(function), FileOf(subprogram).Name, (int)LLVM.LLVMDISubprogramGetLine(subprogram));
    }

    /// <summary>A finding about an instruction, with its place.</summary>
    public static Diagnostic At(this Diagnostic finding, LLVMValueRef instruction) => finding.At(Of(instruction));

    /// <summary>A finding about a whole function, with its place.</summary>
    public static Diagnostic AtFunction(this Diagnostic finding, LLVMValueRef function) => finding.At(OfFunction(function));

    /// <summary>A function's name as people write it.</summary>
    public static string NameOf(LLVMValueRef function) => RustSymbol.Demangle(LlvmModule.NameOf(function));

    private static SourceLocation? Own(LLVMMetadataRef debugLocation, LLVMValueRef function)
    {
        var own = new Stack<SourceLocation>();
        for (LLVMMetadataRef at = debugLocation; !at.IsNull; at = LLVM.LLVMDILocationGetInlinedAt(at))
        {
            if (IsOwn(at)) own.Push(Innermost(at, function));
        }

        SourceLocation? chain = null;
        while (own.TryPop(out SourceLocation? location)) chain = location with { InlinedAt = chain };
        return chain;
    }

    private static bool IsOwn(LLVMMetadataRef at)
    {
        (string directory, string file) = FileOf(LLVM.LLVMDILocationGetScope(at));
        return LLVM.LLVMDILocationGetLine(at) > 0 && !IsOfLibrary($"{directory}/{file}");
    }

    private static SourceLocation Innermost(LLVMMetadataRef at, LLVMValueRef function)
    {
        LLVMMetadataRef scope = LLVM.LLVMDILocationGetScope(at);
        string? name = LLVM.LLVMDILocationGetInlinedAt(at).IsNull ? NameOf(function) : NameOf(LLVM.LLVMGetTypeContext(LLVM.LLVMTypeOf(function)), scope);
        return new SourceLocation(name, FileOf(scope).Name, (int)LLVM.LLVMDILocationGetLine(at));
    }

    // Also one that is only reached through its address, which may stand in a table.
    private static SourceLocation? Caller(LLVMValueRef function)
    {
        var seen = new HashSet<LLVMValueRef> { function };
        var open = new Queue<LLVMValueRef>(seen);
        while (open.TryDequeue(out LLVMValueRef used))
        {
            for (LLVMUseRef use = LLVM.LLVMGetFirstUse(used); !use.IsNull; use = LLVM.LLVMGetNextUse(use))
            {
                LLVMValueRef user = LLVM.LLVMGetUser(use);
                if (!LLVM.LLVMIsAInstruction(user).IsNull)
                {
                    LLVMValueRef caller = LlvmModule.FunctionOf(user);
                    if (Own(LLVM.LLVMInstructionGetDebugLoc(user), caller) is { } own) return own;
                    user = caller;
                }

                if (seen.Add(user)) open.Enqueue(user);
            }
        }

        return null;
    }

    private static string? NameOf(LLVMContextRef context, LLVMMetadataRef scope)
    {
        while (LLVM.LLVMGetMetadataKind(scope) is LLVMMetadataKind.DILexicalBlock or LLVMMetadataKind.DILexicalBlockFile)
            scope = LLVM.LLVMValueAsMetadata(DebugNode.Operands(context, scope)[ScopeOperand]);
        if (LLVM.LLVMGetMetadataKind(scope) != LLVMMetadataKind.DISubprogram) return null;
        LLVMValueRef[] operands = DebugNode.Operands(context, scope);
        return (DebugNode.Text(operands[LinkageNameOperand]) ?? DebugNode.Text(operands[NameOperand])) is { } name ? RustSymbol.Demangle(name) : null;
    }

    private static unsafe (string Directory, string Name) FileOf(LLVMMetadataRef scope)
    {
        LLVMMetadataRef file = LLVM.LLVMDIScopeGetFile(scope);
        if (file.IsNull) return ("", "");
        byte* name = LLVM.LLVMDIFileGetFilename(file, out uint length);
        byte* directory = LLVM.LLVMDIFileGetDirectory(file, out uint directoryLength);
        return (LlvmText.Borrow(directory, directoryLength), LlvmText.Borrow(name, length));
    }

    /// <summary>Whether a source is of the standard library, or of a crate that cargo has downloaded.</summary>
    public static bool IsOfLibrary(string path) => Libraries.Any(part => path.Contains(part, StringComparison.Ordinal));
}
