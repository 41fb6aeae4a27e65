using System.Collections.Immutable;
using System.Text;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// The part of rustc's linker command line that matters here, in both forms rustc uses: the one for BPF linkers
/// (<c>--export-symbols FILE objects rlibs … -o OUT</c>) and the one for a C compiler as linker, in host mode.
/// </summary>
/// <param name="Output">What <c>-o</c> names.</param>
/// <param name="Objects">The crate's own objects.</param>
/// <param name="Libraries">The rlibs, in order.</param>
/// <param name="ExportList">The file of <c>--export-symbols</c>, or null.</param>
/// <param name="SymbolObject">rustc's <c>symbols.o</c>, whose undefined symbols are what must stay visible; or null.</param>
/// <param name="Files">What is gone when the linker has ended: list and objects, in the order of the command line.</param>
public sealed record LinkerCommandLine(
    string Output,
    ImmutableArray<string> Objects,
    ImmutableArray<string> Libraries,
    string? ExportList,
    string? SymbolObject,
    ImmutableArray<string> Files)
{
    /// <summary>Reads a command line; null when it names no output.</summary>
    public static LinkerCommandLine? Parse(IReadOnlyList<string> arguments)
    {
        string? output = null, exportList = null, symbolObject = null;
        var objects = ImmutableArray.CreateBuilder<string>();
        var libraries = ImmutableArray.CreateBuilder<string>();
        var files = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "-o" && i + 1 < arguments.Count)
                output = arguments[++i];
            else if (argument == "--export-symbols" && i + 1 < arguments.Count)
                files.Add(exportList = arguments[++i]);
            else if (argument is "-L" or "--cpu" or "--cpu-features" or "--target")
                i++;
            else if (argument.EndsWith(".rlib", StringComparison.Ordinal))
                libraries.Add(argument);
            else if (Path.GetFileName(argument) == "symbols.o")
                files.Add(symbolObject = argument);
            else if (argument.EndsWith(".o", StringComparison.Ordinal))
            {
                objects.Add(argument);
                files.Add(argument);
            }
        }
        return output is null
            ? null
            : new LinkerCommandLine(output, objects.ToImmutable(), libraries.ToImmutable(), exportList, symbolObject, files.ToImmutable());
    }

    /// <summary>The symbols that must stay visible: rustc's list, or without one the unmangled names that <c>symbols.o</c> refers to.</summary>
    /// <param name="contents">The contents of <see cref="Files"/>.</param>
    /// <exception cref="MalformedInputException"><c>symbols.o</c> is no sound object.</exception>
    public IEnumerable<string> Exports(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents)
    {
        if (ExportList is not null)
            return Encoding.UTF8.GetString(contents[ExportList].Span).Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0);
        return SymbolObject is null ? [] : ElfSymbols.Undefined(contents[SymbolObject]).Where(IsUnmangled);
    }

    private static bool IsUnmangled(string name) =>
        !name.StartsWith("_ZN", StringComparison.Ordinal) && !name.StartsWith("_R", StringComparison.Ordinal);
}
