using System.Text;

namespace BpfIncr.Stages.Llvm;

/// <summary>Function attributes by name, on functions and on call sites.</summary>
internal sealed unsafe class AttributeSet(LlvmContext context)
{
    private const uint FunctionIndex = uint.MaxValue;
    private const uint FirstParameter = 1;
    private readonly Dictionary<string, uint> kinds = [];

    /// <summary>Adds an enum attribute to a function.</summary>
    public void Add(LLVMValueRef function, string name) =>
        LLVM.LLVMAddAttributeAtIndex(function, FunctionIndex, LLVM.LLVMCreateEnumAttribute(context.Ref, Kind(name), 0));

    /// <summary>Adds a string attribute to a function.</summary>
    public void AddString(LLVMValueRef function, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* nameStart = name, valueStart = value)
            LLVM.LLVMAddAttributeAtIndex(function, FunctionIndex, LLVM.LLVMCreateStringAttribute(context.Ref, nameStart, (uint)name.Length, valueStart, (uint)value.Length));
    }

    /// <summary>Adds an enum attribute to a call.</summary>
    public void AddToCall(LLVMValueRef call, string name) =>
        LLVM.LLVMAddCallSiteAttribute(call, FunctionIndex, LLVM.LLVMCreateEnumAttribute(context.Ref, Kind(name), 0));

    /// <summary>Whether a function has an enum attribute.</summary>
    public bool Has(LLVMValueRef function, string name) =>
        !LLVM.LLVMGetEnumAttributeAtIndex(function, FunctionIndex, Kind(name)).IsNull;

    /// <summary>Whether a function's parameter, counted from 0, has an attribute.</summary>
    public bool HasOnParameter(LLVMValueRef function, uint parameter, string name) =>
        !LLVM.LLVMGetEnumAttributeAtIndex(function, FirstParameter + parameter, Kind(name)).IsNull;

    /// <summary>Removes enum attributes from a function.</summary>
    public void Remove(LLVMValueRef function, params ReadOnlySpan<string> names)
    {
        foreach (string name in names) LLVM.LLVMRemoveEnumAttributeAtIndex(function, FunctionIndex, Kind(name));
    }

    /// <summary>Removes enum attributes from a call.</summary>
    public void RemoveFromCall(LLVMValueRef call, params ReadOnlySpan<string> names)
    {
        foreach (string name in names) LLVM.LLVMRemoveCallSiteEnumAttribute(call, FunctionIndex, Kind(name));
    }

    /// <summary>Removes an enum attribute from a function's first parameter.</summary>
    public void RemoveFromParameter(LLVMValueRef function, string name) =>
        LLVM.LLVMRemoveEnumAttributeAtIndex(function, FirstParameter, Kind(name));

    /// <summary>Removes an enum attribute from a call's first argument.</summary>
    public void RemoveFromArgument(LLVMValueRef call, string name) =>
        LLVM.LLVMRemoveCallSiteEnumAttribute(call, FirstParameter, Kind(name));

    /// <summary>Removes string attributes such as <c>target-cpu</c> from a function.</summary>
    public static void RemoveStrings(LLVMValueRef function, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            fixed (byte* start = bytes) LLVM.LLVMRemoveStringAttributeAtIndex(function, FunctionIndex, start, (uint)bytes.Length);
        }
    }

    /// <summary>The alignment attribute of a call's argument in bytes; 1 when there is none.</summary>
    public ulong ArgumentAlignment(LLVMValueRef call, uint argument)
    {
        LLVMAttributeRef attribute = LLVM.LLVMGetCallSiteEnumAttribute(call, argument + 1, Kind("align"));
        return attribute.IsNull ? 1 : LLVM.LLVMGetEnumAttributeValue(attribute);
    }

    /// <summary>Promises that a call's argument is aligned.</summary>
    /// <param name="call">The call.</param>
    /// <param name="argument">Which argument, counted from 0.</param>
    /// <param name="bytes">A power of two; a smaller one than what is promised already changes nothing.</param>
    public void AlignArgument(LLVMValueRef call, uint argument, ulong bytes)
    {
        if (bytes <= ArgumentAlignment(call, argument)) return;
        LLVM.LLVMRemoveCallSiteEnumAttribute(call, argument + 1, Kind("align"));
        LLVM.LLVMAddCallSiteAttribute(call, argument + 1, LLVM.LLVMCreateEnumAttribute(context.Ref, Kind("align"), bytes));
    }

    private uint Kind(string name)
    {
        if (kinds.TryGetValue(name, out uint kind)) return kind;
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        fixed (byte* start = bytes) kind = LLVM.LLVMGetEnumAttributeKindForName(start, (nuint)bytes.Length);
        // Kind 0 is "none": removing it would silently do nothing.
        if (kind == 0) throw new InvalidOperationException($"LLVM {LlvmLibrary.Version} has no attribute {name}");
        return kinds[name] = kind;
    }
}
