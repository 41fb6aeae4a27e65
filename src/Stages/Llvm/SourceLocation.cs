namespace BpfIncr.Stages.Llvm;

/// <summary>Where in the user's source an instruction comes from.</summary>
/// <param name="File">The file as rustc recorded it.</param>
/// <param name="Line">Counted from 1; 0 when unknown.</param>
internal sealed record SourceLocation(string File, int Line)
{
    // The standard library's sources are in these directories wherever the toolchain was built; cargo keeps other crates in the others.
    private static readonly string[] Libraries = ["library/core/src/", "library/alloc/src/", "library/std/src/", "/registry/src/", "/git/checkouts/"];

    /// <summary>
    /// The innermost location that is the user's own: the chain of inlined calls is climbed out of the standard library, and out of
    /// crates that cargo has downloaded.
    /// Null when the module has no debug info there.
    /// </summary>
    public static SourceLocation? Of(LLVMValueRef instruction) => Of(LLVM.LLVMInstructionGetDebugLoc(instruction));

    /// <summary>The same for a location, such as that of a variable's declaration.</summary>
    public static SourceLocation? Of(LLVMMetadataRef debugLocation)
    {
        SourceLocation? innermost = null;
        for (LLVMMetadataRef at = debugLocation; !at.IsNull; at = LLVM.LLVMDILocationGetInlinedAt(at))
        {
            (string directory, string file) = FileOf(LLVM.LLVMDILocationGetScope(at));
            var location = new SourceLocation(file, (int)LLVM.LLVMDILocationGetLine(at));
            innermost ??= location;
            if (location.Line > 0 && !IsOfLibrary($"{directory}/{file}")) return location;
        }

        return innermost;
    }

    /// <summary>Where a function is defined; null when the module has no debug info for it.</summary>
    public static SourceLocation? OfFunction(LLVMValueRef function)
    {
        LLVMMetadataRef subprogram = LLVM.LLVMGetSubprogram(function);
        return subprogram.IsNull ? null : new SourceLocation(FileOf(subprogram).Name, (int)LLVM.LLVMDISubprogramGetLine(subprogram));
    }

    private static unsafe (string Directory, string Name) FileOf(LLVMMetadataRef scope)
    {
        LLVMMetadataRef file = LLVM.LLVMDIScopeGetFile(scope);
        if (file.IsNull) return ("", "");
        byte* name = LLVM.LLVMDIFileGetFilename(file, out uint length);
        byte* directory = LLVM.LLVMDIFileGetDirectory(file, out uint directoryLength);
        return (LlvmText.Borrow(directory, directoryLength), LlvmText.Borrow(name, length));
    }

    private static bool IsOfLibrary(string path) => Libraries.Any(part => path.Contains(part, StringComparison.Ordinal));
}
