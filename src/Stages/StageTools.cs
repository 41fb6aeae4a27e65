using System.Collections.Immutable;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Disassembly;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Link;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages;

/// <summary>The stages and tools that need LLVM, by command line. Run them in a worker: LLVM may end the process at any time.</summary>
public static class StageTools
{
    /// <summary>
    /// The LLVM options a command line needs. They are process-wide in LLVM, so a worker serves exactly one list;
    /// stages that need none share the list of an ordinary optimize and codegen, so that one worker does for a whole probe.
    /// </summary>
    /// <exception cref="FormatException">The command line is not one of a stage.</exception>
    public static ImmutableArray<string> LlvmOptions(IReadOnlyList<string> arguments)
    {
        ImmutableArray<string> shared = [.. OptimizeStage.BaseOptions, .. CodegenStage.BaseOptions];
        string stage = arguments.Count > 0 ? arguments[0] : "";
        string[] extra = [.. arguments.Where(static argument => argument.StartsWith("--llvm-option=", StringComparison.Ordinal))
            .Select(static argument => argument["--llvm-option=".Length..])];
        bool unroll = stage == OptimizeOptions.Stage && arguments.Contains("--unroll=true");
        return [.. shared, .. unroll ? OptimizeStage.UnrollOptions : [], .. extra];
    }

    /// <summary>Whether every step has an option of that name already, which LLVM takes only once.</summary>
    /// <param name="option">An option, such as <c>-unroll-threshold=400</c>.</param>
    /// <param name="unroll">Whether forced unrolling is asked for.</param>
    public static bool SetsAlways(string option, bool unroll)
    {
        string name = option.Split('=')[0];
        return OptimizeStage.BaseOptions.Concat(CodegenStage.BaseOptions).Concat(unroll ? OptimizeStage.UnrollOptions : []).Any(set => set.Split('=')[0] == name);
    }

    /// <summary>Runs one stage in this process, which must have its libLLVM loaded.</summary>
    /// <returns>A failed result also for a wrong command line and for unreadable or malformed inputs.</returns>
    public static ToolResult Run(ToolCall call)
    {
        ImmutableArray<Diagnostic> diagnostics;
        try
        {
            diagnostics = [.. Dispatch(call).Distinct()];
        }
        catch (FormatException e)
        {
            diagnostics = [Diagnostic.Error("BPFI2001", $"BUG: {e.Message}")];
        }
        catch (MalformedInputException e)
        {
            diagnostics = [Diagnostic.Error("BPFI2002", $"an input is damaged: {e.Message}", "Clean the target directory and build again.")];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            diagnostics = [Diagnostic.Error("BPFI2003", e.Message)];
        }

        return new ToolResult(!diagnostics.Any(static diagnostic => diagnostic.Severity == Severity.Error), diagnostics);
    }

    private static IReadOnlyList<Diagnostic> Dispatch(ToolCall call)
    {
        var files = new StageFiles(call);
        switch (files.Options[0])
        {
            case LinkOptions.Stage:
                LinkOptions.Parse(files.Options);
                return LinkStage.Run(files);
            case PatchOptions.Stage:
                return PatchStage.Run(PatchOptions.Parse(files.Options), files);
            case OptimizeOptions.Stage:
                return OptimizeStage.Run(OptimizeOptions.Parse(files.Options), files);
            case CodegenOptions.Stage:
                return CodegenStage.Run(CodegenOptions.Parse(files.Options), files);
            case DisassemblyTool.Name:
                return DisassemblyTool.Run(files);
            default:
                throw new FormatException($"no stage is named {files.Options[0]}");
        }
    }
}
