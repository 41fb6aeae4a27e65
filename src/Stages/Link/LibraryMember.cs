using System.Collections.Immutable;
using System.Security.Cryptography;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Link;

/// <summary>
/// One module of a library: what it defines, and itself when it is needed. The symbol index of an archive tells the
/// former without opening any of the hundreds of modules of compiler_builtins.
/// </summary>
internal sealed class LibraryMember(BitcodeMember source)
{
    /// <summary>The non-local names the module defines; null when it cannot be read, and then the context says why.</summary>
    public ImmutableArray<string>? Defines(LlvmContext context)
    {
        if (source.Symbols is { } indexed) return indexed;
        using LlvmModule? module = context.OpenLazily(source.Bitcode.Span, source.Name);
        return module is null ? null : [.. module.Symbols().Where(IsShared).Select(LlvmModule.NameOf)];
    }

    /// <summary>
    /// The module with every definition made optional, so that linking takes only what is needed. Local definitions
    /// become shared ones with a name of their own: when the module is linked again for another symbol, both links
    /// mean the same variable.
    /// </summary>
    public LlvmModule? Open(LlvmContext context)
    {
        LlvmModule? module = context.OpenLazily(source.Bitcode.Span, source.Name);
        if (module is null) return null;
        string hash = Convert.ToHexStringLower(SHA256.HashData(source.Bitcode.Span));
        int unnamed = 0;
        foreach (LLVMValueRef symbol in module.Symbols())
        {
            string name = LlvmModule.NameOf(symbol);
            if (LLVM.LLVMIsDeclaration(symbol) != 0 || LlvmModule.IsReserved(name)) continue;
            LLVMLinkage linkage = LLVM.LLVMGetLinkage(symbol);
            if (linkage is LLVMLinkage.Appending or LLVMLinkage.AvailableExternally) continue;
            if (linkage is LLVMLinkage.Internal or LLVMLinkage.Private)
                LlvmModule.Rename(symbol, $"{(name.Length > 0 ? name : $"unnamed{unnamed++}")}.{hash[..16]}");
            LLVM.LLVMSetLinkage(symbol, LLVMLinkage.LinkOnceODR);
            LlvmModule.RemoveComdat(symbol);
        }

        return module;
    }

    private static bool IsShared(LLVMValueRef symbol) =>
        LLVM.LLVMIsDeclaration(symbol) == 0 &&
        LLVM.LLVMGetLinkage(symbol) is not (LLVMLinkage.Internal or LLVMLinkage.Private or LLVMLinkage.Appending or LLVMLinkage.AvailableExternally);
}
