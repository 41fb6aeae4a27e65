using System.Collections.Immutable;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Stages.Verify;

/// <summary>What a kernel makes of an object, for people: from what libbpf and the kernel said, and from the object's own lines.</summary>
/// <param name="Diagnostics">An error for each program that is rejected, or one for the object; a warning for what was accepted only in part.</param>
/// <param name="Programs">How many programs the kernel has taken.</param>
/// <param name="Instructions">How many instructions its verifier has gone through for them.</param>
/// <param name="Functions">Of how many functions in them the kernel has kept the type.</param>
/// <param name="Lines">How many of their source lines the kernel has kept.</param>
public sealed record Verdict(ImmutableArray<Diagnostic> Diagnostics, int Programs = 0, int Instructions = 0, int Functions = 0, int Lines = 0)
{
    /// <summary>Whether the kernel takes everything in the object.</summary>
    public bool IsAccepted => !Diagnostics.Any(static diagnostic => diagnostic.Severity == Severity.Error);

    /// <summary>Lets verdicts name functions in Rust's newer mangling as people do.</summary>
    /// <param name="llvm">A libLLVM, which has what demangles them.</param>
    public static void UseDemangler(string llvm) => LlvmLibrary.LoadForExports(llvm);

    /// <summary>Whether a verdict on a report has such names in it.</summary>
    public static bool WantsDemangler(LoadReport report) => report.Programs
        .Where(static program => program.State == ProgramState.Rejected)
        .Any(static program => program.Subprograms.Select(static subprogram => subprogram.Name).Append(program.Name).Any(RustSymbol.IsNewlyMangled));

    /// <summary>The verdict in a loader's report.</summary>
    /// <param name="report">What the loader said.</param>
    /// <param name="content">The object.</param>
    /// <param name="logLines">How many lines of each log are shown.</param>
    /// <param name="isForAya">Whether the object is for aya's loader, which needs no license in it.</param>
    public static Verdict Of(LoadReport report, byte[] content, int logLines, bool isForAya = false)
    {
        IEnumerable<Diagnostic> findings = report.Error != 0
            ? [Unopened(report)]
            : [.. Refused(report.Messages.Concat(report.Programs.SelectMany(static program => program.Messages))), .. report.Programs.Where(static program => program.State == ProgramState.Rejected).Select(program => Rejected(program, report.SecurityModules, content, logLines))];
        if (report is { Error: 0, Programs.IsEmpty: true })
            findings = findings.Append(Diagnostic.Error("BPFI2706", "the object has no program that could be loaded", "a program is a function in an executable section of its own, such as xdp"));
        if (report.IsLicenseAdded && !isForAya) findings = findings.Append(Unlicensed);
        ProgramReport[] accepted = [.. report.Programs.Where(static program => program.State == ProgramState.Accepted)];
        return new Verdict(
            [.. findings.Distinct()],
            accepted.Length,
            accepted.Sum(static program => new VerifierLog(program.Log).Processed ?? 0),
            accepted.Sum(static program => program.Functions),
            accepted.Sum(static program => program.Lines));
    }

    private static readonly Diagnostic Unlicensed = Diagnostic.Warning(
        "BPFI2707", "the object has no license section: it is taken as under the GPL, as aya's loader takes it; libbpf takes it as under no license",
        "Add one: #[unsafe(link_section = \"license\")] #[unsafe(no_mangle)] static LICENSE: [u8; 4] = *b\"GPL\\0\";");

    private static Diagnostic Unopened(LoadReport report) => Diagnostic.Error(
        "BPFI2702", $"libbpf {report.Libbpf} cannot read the object: {report.Messages.LastOrDefault(static message => !IsAboutConvention(message)) ?? report.Messages.LastOrDefault() ?? $"error {report.Error}"}",
        report.Messages.Any(static message => message.Contains(LegacyMaps.NoDefinition, StringComparison.Ordinal))
            ? "A symbol in a section called maps has to be a bpf_map_def: at least the five numbers type, key_size, value_size, max_entries and map_flags."
            : "See the message.") with
    { Detail = string.Join('\n', report.Messages) };

    // What kept the maps from being described as libbpf wants them is said before.
    private static bool IsAboutConvention(string message) => message.Contains("legacy map definitions", StringComparison.Ordinal);

    // The kernel takes the programs without it, and whoever looks for types or lines finds none.
    private static IEnumerable<Diagnostic> Refused(IEnumerable<string> messages) => messages
        .Where(static message => message.StartsWith("Error loading .BTF", StringComparison.Ordinal))
        .Select(static message => Diagnostic.Warning(
            "BPFI2703", $"the kernel refuses the object's type information: {message}", "The programs load without it; report it, with the object."));

    private static Diagnostic Rejected(ProgramReport program, string? securityModules, byte[] content, int logLines)
    {
        var log = new VerifierLog(program.Log);
        string name = RustSymbol.Demangle(program.Name);
        LineTable? lines = ReadLines(content);
        if (log.Verdict is not { } verdict)
        {
            (_, string? beginning, int at) = Place(program, lines, 0, own: true);
            return Diagnostic.Error("BPFI2704", $"program {name} cannot be loaded: {LoadFailure.CauseOf(program)}", LoadFailure.HintFor(program, securityModules)) with
            {
                Function = name,
                File = beginning,
                Line = at,
                Detail = string.Join('\n', program.Messages),
            };
        }

        // What is about no instruction is about the program, which begins with its first one.
        (string function, string? file, int line) = Place(program, lines, log.Instruction ?? 0, own: true);
        return Diagnostic.Error("BPFI2701", $"the kernel rejects program {name}: {verdict}", HintFor(verdict, content) ?? VerdictHints.Of(program.Log)) with
        {
            Function = RustSymbol.Demangle(function),
            File = file,
            Line = line,
            Detail = string.Join('\n', WithSourceLines(log.Tail(logLines), number => Place(program, lines, number))),
        };
    }

    private static string? HintFor(string verdict, byte[] content) => VerdictHints.IsOfTypes(verdict) && LegacyMaps.HasTypes(content)
        ? "The types of the map's key and value are only in maps.ext, which RedBPF's loader reads and check leaves out: with that loader, the kernel may take the program."
        : VerdictHints.Of(verdict);

    private static LineTable? ReadLines(byte[] content)
    {
        try
        {
            return LineTable.Read(content);
        }
        catch (MalformedInputException)
        {
            return null;
        }
    }

    // What lies in a workspace has a name of its own in debug info, whatever the directory is called.
    private static (string Function, string? File, int Line) Place(ProgramReport program, LineTable? lines, int instruction, bool own = false)
    {
        if (lines is null) return (program.Name, null, 0);
        (string function, string? file, int line) = lines.Find(program.Name, program.Subprograms, instruction, own);
        return (function, file is not null && file.StartsWith($"{RustcOptions.MappedRoot}/", StringComparison.Ordinal) ? file[(RustcOptions.MappedRoot.Length + 1)..] : file, line);
    }

    // Kernels write source lines in ways of their own, and many without the file.
    private static IEnumerable<string> WithSourceLines(IEnumerable<string> log, Func<int, (string Function, string? File, int Line)> placeOf)
    {
        (string?, int) before = default;
        foreach (string line in log)
        {
            if (VerifierLog.InstructionOf(line) is { } number)
            {
                (_, string? file, int at) = placeOf(number);
                if (file is not null && before != (file, at)) yield return $"; {file}:{at}";
                before = (file, at);
            }

            yield return line;
        }
    }
}
