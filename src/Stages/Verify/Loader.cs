using System.Collections.Immutable;
using System.Runtime.InteropServices;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Verify;

/// <summary>
/// Loads an object into the running kernel and takes it out again at once: nothing is attached, nothing pinned. In a process
/// of its own, for libbpf or the kernel may do anything.
/// <para>
/// All programs are loaded together first, which is all that there is to do for an object that is good. When that fails, each
/// is loaded alone, so that one program's mistake hides no other's.
/// </para>
/// </summary>
internal sealed unsafe class Loader : IDisposable
{
    private const string Iterator = "iter/";

    private readonly nint handle;
    private readonly List<nint> programs = [];
    private readonly List<LogBuffer> logs = [];

    private Loader(byte[] content)
    {
        fixed (byte* start = content)
        fixed (byte* name = "probe\0"u8)
        {
            var options = new bpf_object_open_opts { sz = (nuint)sizeof(bpf_object_open_opts), object_name = name };
            handle = Libbpf.bpf_object__open_mem(start, (nuint)content.Length, options);
        }

        OpenError = handle == 0 ? Marshal.GetLastPInvokeError() : 0;
        if (handle == 0) return;
        for (nint at = 0; (at = Libbpf.bpf_object__next_program(handle, at)) != 0;) programs.Add(at);
        foreach (nint program in programs) SetType(program);
        // A map that is to be pinned would stay, or be taken from what is pinned already.
        for (nint at = 0; (at = Libbpf.bpf_object__next_map(handle, at)) != 0;) _ = Libbpf.bpf_map__set_pin_path(at, null);
    }

    private int OpenError { get; }

    /// <summary>Loads an object and says what became of each program.</summary>
    /// <param name="content">The object.</param>
    /// <param name="logLimit">How many characters of each log are kept at most.</param>
    public static LoadReport Run(byte[] content, int logLimit)
    {
        LibbpfMessages.Clear();
        (content, bool isLicenseAdded) = InLibbpfsConventions(content);
        using var together = new Loader(content);
        if (together.OpenError != 0) return Report(together.OpenError, []);
        bool loaded = together.Load(LogLevel.Statistics, LogBuffer.Small, null) == 0;
        ImmutableArray<ProgramReport> programs = [.. Enumerable.Range(0, together.programs.Count).Select(i =>
            loaded || !together.IsWanted(i)
                ? together.Describe(i, together.IsWanted(i) ? ProgramState.Accepted : ProgramState.NotLoaded, 0, together.logs[i].Text)
                : LoadAlone(content, i, logLimit))];
        // What the first try said of single programs, the second has said again.
        return Report(0, programs) with { Messages = loaded ? [.. LibbpfMessages.Said] : [], IsLicenseAdded = isLicenseAdded };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (handle != 0) Libbpf.bpf_object__close(handle);
        foreach (LogBuffer log in logs) log.Dispose();
    }

    private static (byte[] Content, bool IsLicenseAdded) InLibbpfsConventions(byte[] content)
    {
        try
        {
            byte[] licensed = DefaultLicense.Add(content);
            return (LegacyMaps.Convert(licensed), !ReferenceEquals(licensed, content));
        }
        catch (MalformedInputException e)
        {
            // What libbpf says of it is mostly only that it does not take such maps.
            LibbpfMessages.Add(e.Message);
            return (content, false);
        }
    }

    private static LoadReport Report(int error, ImmutableArray<ProgramReport> programs) => new(
        LibbpfLibrary.Version, KernelIdentity.Running.Release, error, [.. LibbpfMessages.Said], programs)
    { SecurityModules = SecurityModules.Read() };

    private static ProgramReport LoadAlone(byte[] content, int index, int logLimit)
    {
        (int error, ProgramReport report) = TryAlone(content, index, LogLevel.Statistics, LogBuffer.Small);
        // Kernels before 5.2 know no statistics.
        if (error == LoadErrors.InvalidArgument && report.Log.Length == 0) (error, report) = TryAlone(content, index, LogLevel.None, LogBuffer.Small);
        // What is too large for the verifier has no place, but a log that is as large.
        if (error is 0 or LoadErrors.TooBig) return report;
        // The kernel has refused it before the verifier could write a log.
        if (error == LoadErrors.NotPermitted && report.Log.Length == 0) return report;
        // The whole log costs the kernel time and memory: it is asked for only now. Kernels before 6.4 refuse a program when its log
        // does not fit; one whose log never does is left with the few lines of the first try.
        for (int size = LogBuffer.Usual; size <= LogBuffer.Largest; size *= 4)
        {
            (int again, ProgramReport full) = TryAlone(content, index, LogLevel.Path, size);
            if (again == LoadErrors.NoSpace || full.Log.Length == 0) continue;
            report = full;
            break;
        }

        return report with { Log = report.Log.Length <= logLimit ? report.Log : report.Log[^logLimit..] };
    }

    private static (int Error, ProgramReport Report) TryAlone(byte[] content, int index, LogLevel level, int logSize)
    {
        LibbpfMessages.Clear();
        using var alone = new Loader(content);
        int error = -alone.Load(level, logSize, index);
        return (error, alone.Describe(index, error == 0 ? ProgramState.Accepted : ProgramState.Rejected, error, alone.logs[index].Text));
    }

    private int Load(LogLevel level, int logSize, int? only)
    {
        for (int i = 0; i < programs.Count; i++)
        {
            if (only is not null) _ = Libbpf.bpf_program__set_autoload(programs[i], i == only ? (byte)1 : (byte)0);
            logs.Add(new LogBuffer(IsWanted(i) ? logSize : 1));
            _ = Libbpf.bpf_program__set_log_level(programs[i], (uint)level);
            _ = Libbpf.bpf_program__set_log_buf(programs[i], logs[i].Start, (nuint)logs[i].Size);
        }

        return Libbpf.bpf_object__load(handle);
    }

    private bool IsWanted(int index) => Libbpf.bpf_program__autoload(programs[index]) != 0;

    private ProgramReport Describe(int index, ProgramState state, int error, string log)
    {
        nint program = programs[index];
        int type = Libbpf.bpf_program__type(program);
        bpf_prog_info info = state == ProgramState.Accepted ? InfoOf(program) : default;
        return new ProgramReport(
            LlvmText.Borrow(Libbpf.bpf_program__name(program)),
            LlvmText.Borrow(Libbpf.bpf_program__section_name(program)),
            TypeName(type),
            state, error, log,
            state == ProgramState.Rejected ? [.. LibbpfMessages.Said] : [],
            state == ProgramState.Rejected ? [.. LibbpfMessages.Added] : [],
            (int)info.nr_func_info, (int)info.nr_line_info);
    }

    // A kernel that does not say has kept nothing that anybody could find.
    private static bpf_prog_info InfoOf(nint program)
    {
        bpf_prog_info info = default;
        uint size = (uint)sizeof(bpf_prog_info);
        return Libbpf.bpf_obj_get_info_by_fd(Libbpf.bpf_program__fd(program), ref info, ref size) == 0 ? info : default;
    }

    private static string TypeName(int type)
    {
        byte* known = type == 0 ? null : Libbpf.libbpf_bpf_prog_type_str(type);
        return known is null ? NewerSections.NameOf(type) ?? "" : LlvmText.Borrow(known);
    }

    // RedBPF's section names say the type to RedBPF's loader, and not to libbpf; those of newer libbpfs, not to this one.
    private static void SetType(nint program)
    {
        if (Libbpf.bpf_program__type(program) != 0) return;
        string section = SectionRenamer.Translate(LlvmText.Borrow(Libbpf.bpf_program__section_name(program)).TrimStart('?'));
        if (Libbpf.libbpf_prog_type_by_name(section, out int type, out int attach) != 0)
        {
            if (NewerSections.Find(section) is not { } newer) return;
            (type, attach) = newer;
        }

        _ = Libbpf.bpf_program__set_type(program, type);
        _ = Libbpf.bpf_program__set_expected_attach_type(program, attach);
        // What libbpf does by itself only for sections that it knows.
        if (section.StartsWith(Iterator, StringComparison.Ordinal)) _ = Libbpf.bpf_program__set_attach_target(program, 0, section[Iterator.Length..]);
    }

    /// <summary>The kernel's bits for what is to be in a log.</summary>
    private enum LogLevel : uint
    {
        /// <summary>Nothing, unless libbpf finds that the program is refused.</summary>
        None = 0,

        /// <summary>What the verifier has counted, and why it has refused a program.</summary>
        Statistics = 4,

        /// <summary>That, and every instruction on the way to where it has refused the program.</summary>
        Path = 5,
    }
}
