using System.Collections.Immutable;
using System.Security.Cryptography;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Link;

/// <summary>
/// One module of a library: what it defines, and itself when it is needed. Which symbols a module defines is remembered
/// by content for the life of the worker, because the hundreds of modules of compiler_builtins are the same every time.
/// </summary>
internal sealed class LibraryMember
{
    private const int RememberedLimit = 100_000;
    private static readonly Dictionary<string, ImmutableArray<string>> Remembered = [];
    private readonly BitcodeMember source;
    private readonly string hash;

    public LibraryMember(BitcodeMember source)
    {
        this.source = source;
        hash = Convert.ToHexStringLower(SHA256.HashData(source.Bitcode.Span));
    }

    /// <summary>The non-local names the module defines; null when it cannot be read, and then the context says why.</summary>
    public ImmutableArray<string>? Defines(LlvmContext context)
    {
        if (Remembered.TryGetValue(hash, out ImmutableArray<string> known)) return known;
        using LlvmModule? module = context.OpenLazily(source.Bitcode.Span, source.Name);
        if (module is null) return null;
        ImmutableArray<string> names = [.. module.Symbols().Where(IsShared).Select(LlvmModule.NameOf)];
        if (Remembered.Count >= RememberedLimit) Remembered.Clear();
        return Remembered[hash] = names;
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
            LLVM.LLVMSetComdat(symbol, 0);
        }

        return module;
    }

    private static bool IsShared(LLVMValueRef symbol) =>
        LLVM.LLVMIsDeclaration(symbol) == 0 &&
        LLVM.LLVMGetLinkage(symbol) is not (LLVMLinkage.Internal or LLVMLinkage.Private or LLVMLinkage.Appending or LLVMLinkage.AvailableExternally);
}
