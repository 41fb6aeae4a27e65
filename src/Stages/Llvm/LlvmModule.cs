using BpfIncr.Cache.Digests;

namespace BpfIncr.Stages.Llvm;

/// <summary>A module and the walks over it that several stages need.</summary>
internal sealed unsafe class LlvmModule(LlvmContext context, LLVMModuleRef module) : IDisposable
{
    private bool released;

    /// <summary>The context the module lives in.</summary>
    public LlvmContext Context { get; } = context;

    /// <summary>LLVM's handle.</summary>
    public LLVMModuleRef Ref { get; private set; } = module;

    /// <summary>The target triple; empty when the module names none.</summary>
    public string Triple
    {
        get => LlvmText.Borrow(LLVM.LLVMGetTarget(Ref));
        set => LLVM.LLVMSetTarget(Ref, value);
    }

    /// <summary>Takes over another module's triple and data layout.</summary>
    public void AdoptTarget(LlvmModule other)
    {
        Triple = other.Triple;
        LLVM.LLVMSetDataLayout(Ref, LLVM.LLVMGetDataLayoutStr(other.Ref));
    }

    /// <summary>All functions, declarations and intrinsics included; a copy, so the caller may delete.</summary>
    public List<LLVMValueRef> Functions() => Collect(LLVM.LLVMGetFirstFunction(Ref), LLVM.LLVMGetNextFunction);

    /// <summary>All functions that have a body.</summary>
    public IEnumerable<LLVMValueRef> DefinedFunctions() => Functions().Where(static f => LLVM.LLVMIsDeclaration(f) == 0);

    /// <summary>All global variables.</summary>
    public List<LLVMValueRef> Globals() => Collect(LLVM.LLVMGetFirstGlobal(Ref), LLVM.LLVMGetNextGlobal);

    /// <summary>All aliases.</summary>
    public List<LLVMValueRef> Aliases() => Collect(LLVM.LLVMGetFirstGlobalAlias(Ref), LLVM.LLVMGetNextGlobalAlias);

    /// <summary>All functions that a linker would choose when the program starts.</summary>
    public List<LLVMValueRef> IndirectFunctions() => Collect(LLVM.LLVMGetFirstGlobalIFunc(Ref), LLVM.LLVMGetNextGlobalIFunc);

    /// <summary>All named things of the module.</summary>
    public IEnumerable<LLVMValueRef> Symbols() => [.. Functions(), .. Globals(), .. Aliases()];

    /// <summary>The instructions of a function in order; a copy, so the caller may erase.</summary>
    public static List<LLVMValueRef> Instructions(LLVMValueRef function)
    {
        var instructions = new List<LLVMValueRef>();
        for (LLVMBasicBlockRef block = LLVM.LLVMGetFirstBasicBlock(function); !block.IsNull; block = LLVM.LLVMGetNextBasicBlock(block))
        {
            for (LLVMValueRef at = LLVM.LLVMGetFirstInstruction(block); !at.IsNull; at = LLVM.LLVMGetNextInstruction(at))
                instructions.Add(at);
        }

        return instructions;
    }

    /// <summary>The calls of a function, intrinsics and inline assembly included.</summary>
    public static IEnumerable<LLVMValueRef> Calls(LLVMValueRef function) =>
        Instructions(function).Where(static instruction => LLVM.LLVMGetInstructionOpcode(instruction) == LLVMOpcode.Call);

    /// <summary>What an instruction uses, also by way of constant expressions; each once.</summary>
    public static IEnumerable<LLVMValueRef> Operands(LLVMValueRef instruction)
    {
        var seen = new HashSet<LLVMValueRef>();
        var open = new Stack<LLVMValueRef>([instruction]);
        while (open.TryPop(out LLVMValueRef user))
        {
            for (uint i = 0; i < LLVM.LLVMGetNumOperands(user); i++)
            {
                LLVMValueRef operand = LLVM.LLVMGetOperand(user, i);
                if (operand.IsNull || !seen.Add(operand)) continue;
                yield return operand;
                if (LLVM.LLVMIsConstant(operand) != 0 && LLVM.LLVMIsAGlobalValue(operand).IsNull) open.Push(operand);
            }
        }
    }

    /// <summary>The function that contains an instruction.</summary>
    public static LLVMValueRef FunctionOf(LLVMValueRef instruction) =>
        LLVM.LLVMGetBasicBlockParent(LLVM.LLVMGetInstructionParent(instruction));

    /// <summary>A value's symbol name.</summary>
    public static string NameOf(LLVMValueRef value)
    {
        byte* name = LLVM.LLVMGetValueName2(value, out nuint length);
        return LlvmText.Borrow(name, length);
    }

    /// <summary>Gives a value a symbol name.</summary>
    public static void Rename(LLVMValueRef value, string name)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
        fixed (byte* start = bytes) LLVM.LLVMSetValueName2(value, start, (nuint)bytes.Length);
    }

    /// <summary>Whether a symbol belongs to LLVM: an intrinsic, or one of its own global lists.</summary>
    public static bool IsReserved(string name) => name.StartsWith("llvm.", StringComparison.Ordinal);

    /// <summary>The section of what only the kernel defines, and loaders find by its name and type.</summary>
    public const string KernelSection = ".ksyms";

    /// <summary>Whether a symbol is declared as the kernel's, with a type by which loaders find it.</summary>
    public static bool IsOfKernel(LLVMValueRef symbol)
    {
        if (LLVM.LLVMIsAGlobalObject(symbol).IsNull || LLVM.LLVMIsDeclaration(symbol) == 0 || LlvmText.Borrow(LLVM.LLVMGetSection(symbol)) != KernelSection) return false;
        void* attached = LLVM.LLVMGlobalCopyAllMetadata(symbol, out nuint count);
        LLVM.LLVMDisposeValueMetadataEntries(attached);
        return count > 0;
    }

    /// <summary>Takes a symbol out of its group; an alias, which LLVM does not ask for one, is in none of its own.</summary>
    public static void RemoveComdat(LLVMValueRef symbol)
    {
        if (!LLVM.LLVMIsAGlobalObject(symbol).IsNull) LLVM.LLVMSetComdat(symbol, 0);
    }

    /// <summary>Another module in the same context that is as this one is now.</summary>
    public LlvmModule Copy() => new(Context, LLVM.LLVMCloneModule(Ref));

    /// <summary>Makes this module what another one is, which is used up.</summary>
    public void Become(LlvmModule other)
    {
        LLVM.LLVMDisposeModule(Ref);
        other.released = true;
        Ref = other.Ref;
    }

    /// <summary>The module as bitcode.</summary>
    public byte[] ToBitcode()
    {
        // The identifier is the input's file name, which differs from run to run.
        LLVM.LLVMSetModuleIdentifier(Ref, null, 0);
        return LlvmBuffer.Take(LLVM.LLVMWriteBitcodeToMemoryBuffer(Ref));
    }

    /// <summary>Writes the module as bitcode, unless its context has an error: also one that it gets now, as only the writer reads assembly code of a whole module.</summary>
    public void Write(string path)
    {
        byte[] bitcode = Context.Failed ? [] : ToBitcode();
        if (!Context.Failed) NewFile.Write(path, bitcode);
    }

    /// <summary>The module as text, for tests and messages.</summary>
    public string ToText() => LlvmText.Take(LLVM.LLVMPrintModuleToString(Ref));

    /// <summary>LLVM's own consistency check: null when the module is sound, else the first complaint.</summary>
    public string? Verify()
    {
        int broken = LLVM.LLVMVerifyModule(Ref, LLVMVerifierFailureAction.ReturnStatus, out byte* message);
        string text = LlvmText.Take(message);
        return broken == 0 ? null : text;
    }

    /// <summary>Moves everything of <paramref name="source"/> that this module needs, or that is not optional, into this one.</summary>
    /// <returns>False when the two do not fit; a diagnostic says why.</returns>
    public bool Link(LlvmModule source)
    {
        source.released = true;
        return LLVM.LLVMLinkModules2(Ref, source.Ref) == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (released) return;
        released = true;
        LLVM.LLVMDisposeModule(Ref);
    }

    private static List<LLVMValueRef> Collect(LLVMValueRef first, Func<LLVMValueRef, LLVMValueRef> next)
    {
        var values = new List<LLVMValueRef>();
        for (LLVMValueRef value = first; !value.IsNull; value = next(value)) values.Add(value);
        return values;
    }
}
