using System.Text;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Files as the stages read them.</summary>
internal static class TestFiles
{
    /// <summary>An object with everything that stripping removes.</summary>
    public static byte[] Object(string program)
    {
        TestLlvm.Load();
        using var context = new LlvmContext("BPFI2401");
        using LlvmModule module = TestLlvm.Parse(context, program);
        PatchStage.Apply(new PatchOptions { LineInfo = false }, module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
        return CodegenStage.Generate(new CodegenOptions { Strip = false }, module)!;
    }

    /// <summary>A static library.</summary>
    public static byte[] Archive(params (string Name, byte[] Content)[] members)
    {
        var names = new StringBuilder();
        var bytes = new List<byte>("!<arch>\n"u8.ToArray());
        var offsets = new Dictionary<string, int>();
        foreach ((string name, _) in members)
        {
            offsets[name] = names.Length;
            names.Append(name).Append("/\n");
        }

        Add("//", Encoding.ASCII.GetBytes(names.ToString()));
        foreach ((string name, byte[] content) in members) Add(name.Length < 16 ? name + "/" : $"/{offsets[name]}", content);
        return [.. bytes];

        void Add(string name, byte[] content)
        {
            bytes.AddRange(Encoding.ASCII.GetBytes($"{name,-16}{0,-12}{0,-6}{0,-6}{100644,-8}{content.Length,-10}`\n"));
            bytes.AddRange(content);
            if (content.Length % 2 == 1) bytes.Add((byte)'\n');
        }
    }
}
