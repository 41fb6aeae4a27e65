using System.Globalization;
using System.Text;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Names each function with a branch that goes further than its 16 bits can say. LLVM finds that out when it writes the object, and ends
/// the process without a name; its assembly text has no such limit.
/// </summary>
internal static class BranchReach
{
    private const int Limit = short.MaxValue;

    // Text takes as long as an object. An instruction of LLVM's becomes one or two, and hardly ever more than four.
    private const int LargestCertain = Limit / 4;

    /// <summary>Whether every branch reaches where it goes to; if not, the module's context has an error for each function, or LLVM's.</summary>
    /// <param name="module">The module, which stays as it is.</param>
    /// <param name="cpu">The instruction set level.</param>
    /// <param name="assemble">Makes assembly text of a module; null where LLVM cannot.</param>
    public static bool Suffices(LlvmModule module, BpfCpu cpu, Func<LlvmModule, byte[]?> assemble)
    {
        if (cpu >= BpfCpu.V4 || !module.DefinedFunctions().Any(static function => LlvmModule.Instructions(function).Count > LargestCertain)) return true;
        using LlvmModule copy = module.Copy();
        if (assemble(copy) is not { } text || module.Context.Failed) return false;
        foreach ((string symbol, int distance) in Longest(Encoding.UTF8.GetString(text).Split('\n')))
            if (distance > Limit) module.Context.Report(TooFar(module, symbol, distance, cpu));
        return !module.Context.Failed;
    }

    private static unsafe Diagnostic TooFar(LlvmModule module, string symbol, int distance, BpfCpu cpu)
    {
        SourceLocation at = DebugLocation.OfFunction(LLVM.LLVMGetNamedFunction(module.Ref, symbol));
        return Diagnostic.Error(
            "BPFI2429", string.Create(CultureInfo.InvariantCulture, $"{at.Function} has a branch over {distance:N0} instructions; one of cpu {cpu.ToString().ToLowerInvariant()} goes over {Limit:N0}"),
            "let less be unrolled (\"unroll\": false) or inlined (\"inline\": \"calls\"), split the program with tail calls, or choose cpu v4 (kernels from 6.6 on), whose branches are longer").At(at);
    }

    /// <summary>The longest branch of each function.</summary>
    private static Dictionary<string, int> Longest(string[] lines)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var branches = new List<(string Function, int From, string Label)>();
        string function = "";
        int at = 0;
        foreach (string line in lines)
        {
            if (line is ['\t', not ('.' or '#'), ..])
            {
                // A number of 64 bits is two instructions long.
                at += line.Contains(" ll", StringComparison.Ordinal) ? 2 : 1;
                if (line.Split("goto ") is [_, var label]) branches.Add((function, at, label.Split('\t', ' ')[0]));
            }
            else if (line.Length > 0 && line[0] is not ('\t' or '#') && line.Split(':') is [var name, _, ..])
            {
                if (!name.StartsWith('L') && !name.StartsWith('.')) function = name.Trim('"');
                places[name] = at;
            }
        }

        return branches.Where(branch => places.ContainsKey(branch.Label)).GroupBy(static branch => branch.Function, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, group => group.Max(branch => Math.Abs(places[branch.Label] - branch.From)), StringComparer.Ordinal);
    }
}
