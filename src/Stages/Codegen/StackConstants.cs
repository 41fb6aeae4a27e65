using System.Buffers.Binary;
using System.Numerics;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Puts constants whose address is taken, such as the key in <c>map.get(&amp;0)</c>, onto the stack of the functions that use them. To the
/// compiler they are data that is there before the program runs, which kernels before 5.2 do not have. Authors of probes for those
/// copied each into a variable by hand.
/// </summary>
internal sealed unsafe class StackConstants(LlvmModule module)
{
    /// <summary>How large a constant may be: the stack has 512 bytes, and programs have another use for it.</summary>
    public const int MaximumBytes = 128;

    private readonly ConstantReader reader = new(module);
    private readonly bool isBig = module.Triple.StartsWith(BpfMachine.BigEndian, StringComparison.Ordinal);

    /// <summary>Copies every constant that is small enough, in each function that does with it what can be done with a variable.</summary>
    public void Run()
    {
        foreach (LLVMValueRef constant in module.Globals().Where(IsConstant))
        {
            if (reader.TryRead(LLVM.LLVMGetInitializer(constant), MaximumBytes) is not { Length: > 0 } bytes) continue;
            foreach (LLVMValueRef function in module.DefinedFunctions())
                Copy(constant, bytes, function);
        }

        PassRunner.Run(module, "globaldce");
    }

    // Whether it is one of several equal ones is nothing that a program can see.
    private static bool IsConstant(LLVMValueRef global) =>
        LLVM.LLVMIsGlobalConstant(global) != 0 && LLVM.LLVMGetLinkage(global) is LLVMLinkage.Private or LLVMLinkage.Internal &&
        LLVM.LLVMGetUnnamedAddress(global) != LLVMUnnamedAddr.NoUnnamedAddr && LLVM.LLVMIsDeclaration(global) == 0 && LLVM.LLVMGetSection(global) is null &&
        LLVM.LLVMIsExternallyInitialized(global) == 0;

    private void Copy(LLVMValueRef constant, byte[] bytes, LLVMValueRef function)
    {
        List<LLVMValueRef> users = [.. LlvmModule.Instructions(function).Where(instruction => LlvmModule.Operands(instruction).Contains(constant))];
        if (users.Count == 0 || !users.All(user => IsCopyable(user, constant))) return;
        // A program has no caller that could be left with the address of what is gone.
        if (LlvmText.Borrow(LLVM.LLVMGetSection(function)).Length == 0 && users.Any(user => Escapes(user, []))) return;
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVM.LLVMPositionBuilderBefore(builder, LLVM.LLVMGetFirstInstruction(LLVM.LLVMGetFirstBasicBlock(function)));
        LLVMValueRef variable = Variable(builder, bytes);
        // Of each place there is one, as a phi needs for several edges from one block.
        var places = new Dictionary<LLVMValueRef, LLVMValueRef> { [constant] = variable };
        foreach (LLVMValueRef user in users)
        {
            for (uint i = 0; i < LLVM.LLVMGetNumOperands(user); i++)
            {
                LLVMValueRef operand = LLVM.LLVMGetOperand(user, i);
                if (operand != constant && !IsPlaceIn(operand, constant)) continue;
                if (!places.TryGetValue(operand, out LLVMValueRef place)) places[operand] = place = Place(builder, operand, variable);
                LLVM.LLVMSetOperand(user, i, place);
            }
        }

        LLVM.LLVMDisposeBuilder(builder);
    }

    // A variable is gone when its function returns, and those kernels want to know where on the stack is read.
    private static bool IsCopyable(LLVMValueRef user, LLVMValueRef constant)
    {
        LLVMOpcode opcode = LLVM.LLVMGetInstructionOpcode(user);
        List<LLVMValueRef> operands = [.. Enumerable.Range(0, LLVM.LLVMGetNumOperands(user)).Select(i => LLVM.LLVMGetOperand(user, (uint)i))];
        return opcode != LLVMOpcode.Ret
            && (opcode != LLVMOpcode.GetElementPtr || operands.Skip(1).All(static index => !LLVM.LLVMIsAConstantInt(index).IsNull))
            // What uses it by way of another constant is seen as one of the user's operands, too.
            && operands.All(operand => operand == constant || IsPlaceIn(operand, constant) || !Uses(operand, constant));
    }

    // Whether a function's caller may get an address that an instruction has. What is called by the function gets it while it is good.
    private static bool Escapes(LLVMValueRef user, HashSet<LLVMValueRef> seen)
    {
        if (!seen.Add(user)) return false;
        switch (LLVM.LLVMGetInstructionOpcode(user))
        {
            case LLVMOpcode.Load or LLVMOpcode.Call or LLVMOpcode.ICmp:
                return false;
            case LLVMOpcode.GetElementPtr or LLVMOpcode.Select or LLVMOpcode.Phi:
                for (LLVMUseRef use = LLVM.LLVMGetFirstUse(user); !use.IsNull; use = LLVM.LLVMGetNextUse(use))
                    if (Escapes(LLVM.LLVMGetUser(use), seen)) return true;
                return false;
            default:
                return true;
        }
    }

    private static bool Uses(LLVMValueRef operand, LLVMValueRef constant) =>
        LLVM.LLVMIsConstant(operand) != 0 && LLVM.LLVMIsAGlobalValue(operand).IsNull && LlvmModule.Operands(operand).Contains(constant);

    private static bool IsPlaceIn(LLVMValueRef operand, LLVMValueRef constant) =>
        !LLVM.LLVMIsAConstantExpr(operand).IsNull && LLVM.LLVMGetConstOpcode(operand) == LLVMOpcode.GetElementPtr && LLVM.LLVMGetOperand(operand, 0) == constant;

    private static LLVMValueRef Place(LLVMBuilderRef builder, LLVMValueRef place, LLVMValueRef variable)
    {
        LLVMValueRef[] indices = [.. Enumerable.Range(1, LLVM.LLVMGetNumOperands(place) - 1).Select(i => LLVM.LLVMGetOperand(place, (uint)i))];
        fixed (LLVMValueRef* first = indices)
            return LLVM.LLVMBuildGEP2(builder, LLVM.LLVMGetGEPSourceElementType(place), variable, first, (uint)indices.Length, "");
    }

    // As an array of words it is aligned to them, whatever it is of.
    private LLVMValueRef Variable(LLVMBuilderRef builder, byte[] bytes)
    {
        LLVMTypeRef words = LLVM.LLVMArrayType2(Integer(sizeof(ulong)), (ulong)(bytes.Length + sizeof(ulong) - 1) / sizeof(ulong));
        LLVMValueRef variable = LLVM.LLVMBuildAlloca(builder, words, "");
        for (int at = 0, size; at < bytes.Length; at += size)
        {
            size = Math.Min(sizeof(ulong), 1 << BitOperations.Log2((uint)(bytes.Length - at)));
            LLVMValueRef offset = LLVM.LLVMConstInt(Integer(sizeof(ulong)), (ulong)at, 0);
            LLVMValueRef place = LLVM.LLVMBuildGEP2(builder, Integer(1), variable, &offset, 1, "");
            LLVM.LLVMBuildStore(builder, LLVM.LLVMConstInt(Integer(size), Word(bytes.AsSpan(at, size)), 0), place);
        }

        return variable;
    }

    private ulong Word(ReadOnlySpan<byte> bytes)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        bytes.CopyTo(isBig ? word[^bytes.Length..] : word);
        return isBig ? BinaryPrimitives.ReadUInt64BigEndian(word) : BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    private LLVMTypeRef Integer(int bytes) => LLVM.LLVMIntTypeInContext(module.Context.Ref, (uint)bytes * 8);
}
