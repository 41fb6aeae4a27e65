using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Disassembly;

/// <summary>
/// Makes text of what stages give, for people who compare two of them. No stage of the pipeline: a tool beside it, which needs
/// LLVM as they do.
/// </summary>
public static class DisassemblyTool
{
    internal const string Name = "disassemble";

    /// <summary>The command line that makes text of a file.</summary>
    /// <param name="input">The name of the input: bitcode, or a BPF object.</param>
    /// <param name="output">The name of the text.</param>
    public static ImmutableArray<string> ToArguments(string input, string output) => [Name, input, $"--output={output}"];

    /// <summary>Runs the tool; the text is written only when no error is returned.</summary>
    internal static IReadOnlyList<Diagnostic> Run(StageFiles files)
    {
        byte[] content = File.ReadAllBytes(files.Input.Path);
        using var context = new LlvmContext("BPFI2002");
        if (ElfFile.HasMagic(content))
        {
            NewFile.Write(files.Output, Encoding.UTF8.GetBytes(ObjectText.Of(ElfFile.Read(content))));
            return context.Diagnostics;
        }
        // No name of its own: where the file lies is no part of what it says.
        using LlvmModule? module = context.ParseBitcode(content, "");
        if (module is not null && !context.Failed) NewFile.Write(files.Output, Encoding.UTF8.GetBytes(module.ToText()));
        return context.Diagnostics;
    }
}
