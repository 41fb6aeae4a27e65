using System.Collections.Immutable;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Stages;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>
/// One sequence of edits on two clones that share a cache, with a build after each. Every build is compared with
/// <see cref="CleanBuild"/>, which says what the objects are, and with <see cref="MemoryBuild"/>, which says what has to run.
/// </summary>
internal sealed class ModelRun : IDisposable
{
    private readonly string _directory;
    private readonly FakePrograms _programs = new();
    private readonly MemoryBuild _memory = new();
    private readonly ModelClone[] _clones;
    private readonly List<Session> _abandoned = [];
    private readonly List<string> _story = [];
    private Session _session;
    private ModelClone _clone;
    private (byte[]? Index, Dictionary<StepId, ModelStep?>[] Rows)? _oldIndex;

    /// <param name="lane">Tells sequences that run beside each other apart.</param>
    public ModelRun(int lane)
    {
        // Thousands of small files a second: memory is the place for them, where there is such a file system.
        var place = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        _directory = Path.Combine(place, $"bpfincr-model-{Environment.ProcessId}-{lane}-{Guid.NewGuid():n}");
        _clones = [.. ((string[])["one", "two"]).Select(n => new ModelClone(Path.Combine(_directory, n), $"BPFINCR_MODEL_{lane}_"))];
        foreach (var clone in _clones)
            clone.Workspace.Create();
        foreach (var name in "DRBU")
            Environment.SetEnvironmentVariable($"BPFINCR_MODEL_{lane}_{name}", null);
        _clone = _clones[0];
        _session = Open();
    }

    private string Index => Path.Combine(_directory, "cache/v1/index.db");

    /// <summary>Plays a sequence from a first build to a last one.</summary>
    public void Play(IEnumerable<Edit> edits)
    {
        Build(new Edit(EditKind.Nothing, 0, 0));
        foreach (var edit in edits)
        {
            _story.Add(edit.ToString());
            Happen(edit);
            Build(edit);
        }
        // What an interrupted pass may have left wrong has to show.
        foreach (var clone in _clones.Where(c => c == _clone || c.Rows.Count > 0).ToList())
        {
            Turn(clone);
            Build(new Edit(EditKind.Nothing, 0, 0));
        }
    }

    public void Dispose()
    {
        foreach (var session in _abandoned.Append(_session))
            session.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Happen(Edit edit)
    {
        if (_clone.Workspace.Apply(edit))
        {
            _clone.Workspace.Remember();
            return;
        }
        switch (edit.Kind)
        {
            case EditKind.DeleteObject: _clone.DamageObject(edit.A, null); break;
            case EditKind.OverwriteObject: _clone.DamageObject(edit.A, $"{edit.B}"); break;
            case EditKind.DeleteTarget: DeleteTarget(whole: edit.B % 2 == 0); break;
            case EditKind.LoseBlob: Lose("blobs", edit, File.Delete); break;
            case EditKind.LoseResult: Lose("results", edit, File.Delete); break;
            case EditKind.DamageBlob: Lose("blobs", edit, Damage); Restart(); break;
            case EditKind.DamageResult: Lose("results", edit, Damage); Restart(); break;
            case EditKind.LoseIndex: Restart(LoseIndex); break;
            case EditKind.OldIndex: Restart(edit.B % 2 == 0 ? SaveIndex : RestoreIndex); break;
            case EditKind.Wait: FileClock.Settle(); break;
            case EditKind.Restart: Restart(); break;
            // There has to be something to disturb.
            case EditKind.Cancel or EditKind.Kill or EditKind.EditMeanwhile:
                _clone.Workspace.Apply(new Edit(((EditKind[])[EditKind.Library, EditKind.Universe, EditKind.Profile])[edit.A % 3], edit.A, edit.B));
                break;
            case EditKind.OtherClone: Turn(_clones.Single(c => c != _clone)); break;
        }
    }

    private void DeleteTarget(bool whole)
    {
        var target = whole ? _clone.Output : Path.Combine(_clone.Output, "cargo");
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        if (whole)
            _clone.Objects.Clear();
    }

    private void Lose(string kind, Edit edit, Action<string> lose)
    {
        var files = Directory.GetFiles(Path.Combine(_directory, "cache/v1", kind), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        if (files.Count == 0)
            return;
        var victim = files[((edit.A * 61) + edit.B) % files.Count];
        _memory.Lose(victim);
        lose(victim);
    }

    private static void Damage(string path)
    {
        var content = File.ReadAllBytes(path);
        File.Delete(path);
        if (content.Length > 0)
            content[^1] ^= 1;
        File.WriteAllBytes(path, content.Length % 2 == 0 ? content : [.. content.AsSpan(0, content.Length / 2)]);
    }

    private Session Open() => Session.Open(_clone.Workspace.Configuration, Path.Combine(_directory, "cache"), new Output(), out _)!;

    private void Restart() => Restart(() => { });

    private void Restart(Action between)
    {
        _session.Dispose();
        // A process that was killed holds nothing open either.
        foreach (var session in _abandoned)
            session.Dispose();
        _abandoned.Clear();
        between();
        _session = Open();
    }

    private void LoseIndex()
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(Index)!, "index.db*"))
            File.Delete(file);
        foreach (var clone in _clones)
            clone.Rows.Clear();
    }

    private void SaveIndex() => _oldIndex = (File.Exists(Index) ? File.ReadAllBytes(Index) : null, [.. _clones.Select(c => new Dictionary<StepId, ModelStep?>(c.Rows))]);

    private void RestoreIndex()
    {
        if (_oldIndex is not var (index, rows))
            return;
        LoseIndex();
        if (index is null)
            return;
        File.WriteAllBytes(Index, index);
        foreach (var (clone, then) in _clones.Zip(rows))
            foreach (var (id, step) in then)
                clone.Rows[id] = step;
    }

    private void Turn(ModelClone clone)
    {
        _clone = clone;
        Restart();
    }

    private void Build(Edit edit)
    {
        var steps = Expect(out var settings);
        var probes = steps?.Select(s => s.Id.Probe).Distinct().ToList() ?? [];
        var request = new PassRequest(
            edit.Kind == EditKind.PartOfProbes && probes.Count > 0 ? [probes[edit.A % probes.Count]] : [],
            edit.Kind == EditKind.PartOfVariants && settings is not null ? [settings.Variants.Keys.ElementAt(edit.A % settings.Variants.Count)] : [],
            2, edit.Kind != EditKind.StopAtFailure);
        var expectation = new Expectation(_clone, _memory, steps, settings, request, Fail);
        using var stop = new CancellationTokenSource();
        var interfered = false;
        _programs.Interfere(edit.B % 40 + 1, edit.Kind is EditKind.Cancel or EditKind.Kill or EditKind.EditMeanwhile ? Interfere : null);
        var observer = new ModelObserver();
        var exit = Run(request, observer, stop);
        _programs.Interfere(0, null);
        if (!interfered)
        {
            expectation.Check(exit, observer);
            if (exit == ExitCode.Success && !new Build(_session, request, _programs).Compare().IsNone)
                Fail("the build after a successful one has something to do");
        }
        else if (edit.Kind == EditKind.EditMeanwhile)
        {
            expectation.CheckAfterEdit(observer, Expect(out _) ?? []);
        }
        else
        {
            expectation.CheckStopped(exit, observer);
        }
        if (edit.Kind == EditKind.Kill)
        {
            _abandoned.Add(_session);
            _session = Open();
        }

        void Interfere()
        {
            interfered = true;
            if (edit.Kind == EditKind.EditMeanwhile)
                _clone.Workspace.EditMeanwhile(edit.A * 61 + edit.B);
            else
                stop.Cancel();
        }
    }

    // Null when the build was stopped.
    private ExitCode? Run(PassRequest request, ModelObserver observer, CancellationTokenSource stop)
    {
        try
        {
            var build = new Build(_session, request, _programs);
            var change = build.Compare();
            return change.IsNone ? ExitCode.Success : build.RunAsync(change, observer, stop.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            Fail(e.ToString());
            throw;
        }
    }

    // What a clean build does; null when the workspace or its configuration is wrong.
    private List<ModelStep>? Expect(out Settings? settings)
    {
        var (read, _) = SettingsReader.Read(_clone.Workspace.Configuration);
        settings = read;
        if (read is null)
            return null;
        try
        {
            var bins = FakeWorkspace.Read(_clone.Workspace.Root).Packages.Values.SelectMany(p => p.Bins().Keys).ToHashSet();
            var wrong = read.Probes.Keys.Any(p => !bins.Contains(p)) || bins.All(b => read.Probes.TryGetValue(b, out var said) && said.Skip);
            return wrong ? null : CleanBuild.Run(_clone.Workspace.Root, read);
        }
        catch (Exception e) when (e is FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    private void Fail(string what) => throw new ModelException($"{string.Join(", ", _story)}\n{what}");
}

/// <summary>The engine does not do what the model says.</summary>
internal sealed class ModelException(string message) : Exception(message);

/// <summary>Takes down what a pass tells.</summary>
internal sealed class ModelObserver : IPassObserver
{
    private readonly List<Step> _finished = [];

    public ImmutableArray<Step> Finished()
    {
        lock (_finished)
            return [.. _finished];
    }

    public void Begins(int steps)
    {
    }

    public void Started(StepId step)
    {
    }

    void IPassObserver.Finished(Step step)
    {
        lock (_finished)
            _finished.Add(step);
    }

    public void Finished(CrateOutcome crate)
    {
    }

    public void Progress(string line)
    {
    }

    public void Summary(Report report) => (Diagnostics, HasSummary) = (report.Diagnostics, true);

    public ImmutableArray<Diagnostic> Diagnostics { get; private set; } = [];

    /// <summary>Whether there was a pass at all: a build that sees nothing changed has none.</summary>
    public bool HasSummary { get; private set; }
}
