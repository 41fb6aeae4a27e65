using System.Globalization;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Names each program that has more instructions than the kernel takes. A loader appends the functions that a program uses to it, so
/// they count.
/// </summary>
internal sealed class InstructionLimit
{
    private const int InstructionSize = 8;
    private readonly int limit;
    private readonly Dictionary<string, (SourceLocation Place, List<string> Used)> functions;

    /// <summary>Notes what the object does not say any more.</summary>
    /// <param name="module">The module before an object is made of it.</param>
    /// <param name="limit">How many instructions a program may have.</param>
    public InstructionLimit(LlvmModule module, int limit)
    {
        this.limit = limit;
        functions = module.DefinedFunctions().DistinctBy(LlvmModule.NameOf).ToDictionary(LlvmModule.NameOf, static function => (DebugLocation.OfFunction(function), UsedBy(function)));
    }

    /// <summary>The programs of the object that are too long.</summary>
    public IEnumerable<Diagnostic> Check(byte[] content)
    {
        ElfFile file = ElfFile.Read(content);
        Dictionary<string, int> lengths = file.Symbols.Where(symbol => symbol.HasSection && functions.ContainsKey(symbol.Name))
            .ToDictionary(static symbol => symbol.Name, static symbol => (int)(symbol.Size / InstructionSize));
        // What has no section of its own is a function that programs call.
        foreach (ElfSymbol program in file.Symbols.Where(symbol => lengths.ContainsKey(symbol.Name) && file.Sections[symbol.Section].Name != ".text"))
        {
            int length = WithAllUsed(program.Name).Sum(name => lengths.GetValueOrDefault(name));
            if (length > limit) yield return TooLong(program.Name, length);
        }
    }

    private Diagnostic TooLong(string symbol, int length)
    {
        SourceLocation at = functions[symbol].Place;
        return Diagnostic.Error(
            "BPFI2425", string.Create(CultureInfo.InvariantCulture, $"{at.Function} has {length:N0} instructions with the functions that it calls, and the variant's kernel takes {limit:N0}"),
            "give its loops fewer iterations, let less be inlined, split it with tail calls, or build for kernel 5.4 or newer").At(at);
    }

    private HashSet<string> WithAllUsed(string program)
    {
        var used = new HashSet<string>();
        var open = new Stack<string>([program]);
        while (open.TryPop(out string? name))
        {
            if (!used.Add(name)) continue;
            foreach (string next in functions[name].Used) open.Push(next);
        }

        return used;
    }

    // Also one whose address is passed to a helper is appended.
    private static List<string> UsedBy(LLVMValueRef function) =>
    [
        .. LlvmModule.Instructions(function).SelectMany(LlvmModule.Operands)
            .Where(static value => !LLVM.LLVMIsAFunction(value).IsNull && LLVM.LLVMIsDeclaration(value) == 0)
            .Select(LlvmModule.NameOf).Distinct(),
    ];
}
