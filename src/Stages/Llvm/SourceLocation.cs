namespace BpfIncr.Stages.Llvm;

/// <summary>Where in the user's source an instruction comes from.</summary>
/// <param name="File">The file as rustc recorded it.</param>
/// <param name="Line">Counted from 1; 0 when unknown.</param>
internal sealed record SourceLocation(string File, int Line)
{
    /// <summary>
    /// The innermost location that is the user's own: the chain of inlined calls is climbed out of the standard library.
    /// Null when the module has no debug info there.
    /// </summary>
    public static SourceLocation? Of(LLVMValueRef instruction) => Of(LLVM.LLVMInstructionGetDebugLoc(instruction));

    /// <summary>The same for a location, such as that of a variable's declaration.</summary>
    public static SourceLocation? Of(LLVMMetadataRef debugLocation)
    {
        SourceLocation? innermost = null;
        for (LLVMMetadataRef at = debugLocation; !at.IsNull; at = LLVM.LLVMDILocationGetInlinedAt(at))
        {
            var location = new SourceLocation(FileOf(LLVM.LLVMDILocationGetScope(at)), (int)LLVM.LLVMDILocationGetLine(at));
            innermost ??= location;
            if (location.Line > 0 && !IsStandardLibrary(location.File)) return location;
        }

        return innermost;
    }

    /// <summary>Where a function is defined; null when the module has no debug info for it.</summary>
    public static SourceLocation? OfFunction(LLVMValueRef function)
    {
        LLVMMetadataRef subprogram = LLVM.LLVMGetSubprogram(function);
        return subprogram.IsNull ? null : new SourceLocation(FileOf(subprogram), (int)LLVM.LLVMDISubprogramGetLine(subprogram));
    }

    private static unsafe string FileOf(LLVMMetadataRef scope)
    {
        LLVMMetadataRef file = LLVM.LLVMDIScopeGetFile(scope);
        if (file.IsNull) return "";
        byte* name = LLVM.LLVMDIFileGetFilename(file, out uint length);
        return LlvmText.Borrow(name, length);
    }

    /// <summary>The standard library's sources are in <c>…/library/core/src/…</c> wherever the toolchain was built.</summary>
    private static bool IsStandardLibrary(string file) =>
        file.Contains("library/core/src/", StringComparison.Ordinal) ||
        file.Contains("library/alloc/src/", StringComparison.Ordinal) ||
        file.Contains("library/std/src/", StringComparison.Ordinal);
}
