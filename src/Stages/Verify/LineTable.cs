using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Verify;

/// <summary>Which source line each instruction of an object comes from, and where its functions are.</summary>
internal sealed class LineTable
{
    private const int InstructionSize = 8;
    private const int LineShift = 10;

    private readonly ElfFile file;
    private readonly Dictionary<string, List<(ulong Offset, string File, int Line)>> lines = [];

    private LineTable(ElfFile file) => this.file = file;

    /// <summary>The table of an object; one without type information has functions and no lines.</summary>
    /// <exception cref="MalformedInputException">The object is damaged.</exception>
    public static LineTable Read(byte[] content)
    {
        ElfFile file = ElfFile.Read(content);
        var table = new LineTable(file);
        ElfSection? types = file.Sections.FirstOrDefault(static section => section.Name == ".BTF");
        ElfSection? extension = file.Sections.FirstOrDefault(static section => section.Name == ".BTF.ext");
        if (types is null || extension is null) return table;
        foreach (var line in new BtfExtension(file, extension, new BtfSection(types.Data, file.BigEndian)).Lines())
        {
            int number = (int)(line.LineAndColumn >> LineShift);
            // Where a probe is to have no lines, LLVM still writes one for a function's beginning, in a file that is none.
            if (number == 0) continue;
            if (!table.lines.TryGetValue(line.Section, out var known)) table.lines[line.Section] = known = [];
            known.Add((line.Offset, line.File, number));
        }

        return table;
    }

    /// <summary>
    /// The place of an instruction as the kernel counts them: those of the program first, behind them those of the functions that
    /// libbpf has put there.
    /// </summary>
    /// <param name="program">The program's symbol.</param>
    /// <param name="subprograms">The functions behind it.</param>
    /// <param name="instruction">The instruction's number, from 0; one that is too large is the last.</param>
    /// <param name="own">
    /// Whether a line of the standard library is to be replaced by the nearest one before it, in the same function, that is the user's own:
    /// what was inlined stands behind what has called it, or between parts of that.
    /// </param>
    /// <returns>The symbol of the function, the file and the line; the file is null where no line is known.</returns>
    public (string Function, string? File, int Line) Find(string program, IEnumerable<Subprogram> subprograms, int instruction, bool own = false)
    {
        string function = program;
        foreach (Subprogram next in subprograms.Prepend(new Subprogram(program, InstructionsOf(program))))
        {
            function = next.Name;
            if (instruction < next.Instructions) break;
            instruction -= next.Instructions;
        }

        if (SymbolOf(function) is not { } symbol || !lines.TryGetValue(file.Sections[symbol.Section].Name, out var known)) return (function, null, 0);
        ulong offset = symbol.Value + Math.Min((ulong)instruction * InstructionSize, symbol.Size);
        var ofFunction = known.Where(line => line.Offset >= symbol.Value && line.Offset < symbol.Value + symbol.Size).ToList();
        var at = ofFunction.LastOrDefault(line => line.Offset <= offset);
        if (own && at.File is not null && DebugLocation.IsOfLibrary(at.File))
        {
            var nearest = ofFunction.LastOrDefault(line => line.Offset <= offset && !DebugLocation.IsOfLibrary(line.File));
            if (nearest.File is not null) at = nearest;
        }

        return (function, at.File, at.Line);
    }

    private int InstructionsOf(string function) => (int)((SymbolOf(function)?.Size ?? 0) / InstructionSize);

    private ElfSymbol? SymbolOf(string function) => file.Symbols.FirstOrDefault(symbol =>
        symbol.Type == ElfSymbol.TypeFunction && symbol.HasSection && symbol.Name == function);
}
