using System.Text;
using BpfIncr.Stages.KernelFunctions;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>
/// Writes prototypes of the kernel's functions as debug info, of which code generation makes BTF. Structures have no members: loaders find
/// the function by its name and compare only what kinds of types it has.
/// </summary>
internal sealed unsafe class PrototypeWriter : IDisposable
{
    private const int PointerBits = 64;
    private const uint Boolean = 2, Signed = 5, Unsigned = 7;

    private readonly LLVMDIBuilderRef builder;
    private readonly LLVMMetadataRef file;
    private readonly Dictionary<string, LLVMMetadataRef> named = [];

    public PrototypeWriter(LlvmModule module)
    {
        builder = LLVM.LLVMCreateDIBuilder(module.Ref);
        fixed (byte* name = "kernel\0"u8) file = LLVM.LLVMDIBuilderCreateFile(builder, name, 6, name + 6, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => LLVM.LLVMDisposeDIBuilder(builder);

    /// <summary>A function that the kernel has.</summary>
    public LLVMMetadataRef Function(string name, KernelType prototype)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        LLVMMetadataRef type = Write(prototype);
        fixed (byte* start = text)
            return LLVM.LLVMDIBuilderCreateFunction(builder, file, start, (nuint)text.Length, start, (nuint)text.Length, file, 0, type, 0, 0, 0, 0, 0);
    }

    // Nothing is no type of its own in debug info.
    private LLVMMetadataRef Write(KernelType type) => type.Kind switch
    {
        KernelTypeKind.Void => default,
        KernelTypeKind.Bool => Number("bool", Boolean, type.Bits),
        KernelTypeKind.Signed => Number($"i{type.Bits}", Signed, type.Bits),
        KernelTypeKind.Unsigned => Number($"u{type.Bits}", Unsigned, type.Bits),
        KernelTypeKind.Pointer => LLVM.LLVMDIBuilderCreatePointerType(builder, Write(type.Target!), PointerBits, 0, 0, null, 0),
        KernelTypeKind.Function => Signature(type),
        _ => Composite(type),
    };

    private LLVMMetadataRef Signature(KernelType type)
    {
        LLVMMetadataRef[] types = [Write(type.Target!), .. type.Parameters.Select(Write)];
        fixed (LLVMMetadataRef* first = types) return LLVM.LLVMDIBuilderCreateSubroutineType(builder, file, first, (uint)types.Length, 0);
    }

    private LLVMMetadataRef Number(string name, uint encoding, int bits)
    {
        if (named.TryGetValue(name, out LLVMMetadataRef known)) return known;
        byte[] text = Encoding.UTF8.GetBytes(name);
        fixed (byte* start = text) return named[name] = LLVM.LLVMDIBuilderCreateBasicType(builder, start, (nuint)text.Length, (ulong)bits, encoding, 0);
    }

    private LLVMMetadataRef Composite(KernelType type)
    {
        string key = $"{type.Kind} {type.Name}";
        if (named.TryGetValue(key, out LLVMMetadataRef known)) return known;
        byte[] text = Encoding.UTF8.GetBytes(type.Name);
        nuint length = (nuint)text.Length;
        byte nothing = 0;
        fixed (byte* name = text)
        {
            return named[key] = type.Kind switch
            {
                KernelTypeKind.Struct => LLVM.LLVMDIBuilderCreateStructType(builder, file, name, length, file, 0, 0, 0, 0, default, null, 0, 0, default, &nothing, 0),
                KernelTypeKind.Union => LLVM.LLVMDIBuilderCreateUnionType(builder, file, name, length, file, 0, 0, 0, 0, null, 0, 0, &nothing, 0),
                _ => LLVM.LLVMDIBuilderCreateEnumerationType(builder, file, name, length, file, 0, (ulong)type.Bits, 0, null, 0, Number("u32", Unsigned, type.Bits)),
            };
        }
    }
}
