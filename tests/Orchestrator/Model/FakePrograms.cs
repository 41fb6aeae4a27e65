using System.Collections.Immutable;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>The programs of a model: pure functions of what the real ones would read, with points at which a sequence can interfere.</summary>
internal sealed class FakePrograms : IPrograms, IToolRunner
{
    private Action? _interference;
    private int _until;

    /// <summary>How often it was asked for a toolchain or for a workspace's packages.</summary>
    public int Questions { get; private set; }

    /// <summary>What happens before it says what packages a workspace has.</summary>
    public Action? WhileAsked { get; set; }

    /// <summary>Lets something happen in the middle of a later call.</summary>
    /// <param name="after">At which of the points to come.</param>
    /// <param name="interference">What happens; null for nothing.</param>
    public void Interfere(int after, Action? interference) => (_until, _interference) = (after, interference);

    public ImmutableArray<ToolchainCandidate> Find(ToolchainFinder finder, bool all)
    {
        Questions++;
        var program = finder.Programs().First();
        if (!File.Exists(program))
            return [new ToolchainCandidate(program, "there is no such file", null)];
        var directory = Path.GetDirectoryName(program)!;
        ImmutableArray<string> identity = [program, Path.Combine(directory, "llvm"), Path.Combine(directory, "libcore-1.rlib")];
        var toolchain = new Toolchain(
            ToolchainMode.Bpf, program, Path.Combine(directory, "cargo"), directory, "bpfel-unknown-none", File.ReadAllText(program), identity[1], identity);
        return [new ToolchainCandidate(program, "of the model", toolchain)];
    }

    public (string? Json, string Errors) Metadata(Toolchain toolchain, string directory)
    {
        Questions++;
        WhileAsked?.Invoke();
        try
        {
            return (FakeWorkspace.Read(directory).Metadata(), "");
        }
        catch (Exception e) when (e is FormatException or KeyNotFoundException)
        {
            return (null, e.Message);
        }
    }

    /// <summary>Whether LLVM gives no answer.</summary>
    public bool LlvmIsSilent { get; set; }

    public string? AskLlvm(string directory, IReadOnlyList<string> arguments) => LlvmIsSilent
        ? null
        : "Available CPUs:\n  v1 - a cpu\n  v2 - a cpu\n  v3 - a cpu\nAvailable features:\n  alu32 - a feature\n";

    public Task<CargoOutcome> BuildAsync(
        CargoRequest request, Action<CargoMessage> message, Action<string> progress, CancellationToken cancellation) =>
        Task.FromResult(new FakeCargo(request, message, () => Point(cancellation)).Build());

    public void Clean(CargoRequest request, IEnumerable<string> packages)
    {
        var workspace = FakeWorkspace.Read(request.WorkspaceRoot);
        foreach (var package in packages.Select(p => workspace.Packages[p]))
            foreach (var unit in package.Bins().Keys.Append($"lib{package.Name}").Append(package.Name))
                foreach (var path in Directory.GetFileSystemEntries(request.TargetDirectory, $"{unit}-????????????*", SearchOption.AllDirectories))
                    if (Directory.Exists(path))
                        Directory.Delete(path, recursive: true);
                    else
                        File.Delete(path);
    }

    public Task<IReadOnlyList<CompilerMessage>?> RepeatAsync(
        RustcCall call, RustcOptions options, string linker, CargoPackageTarget target, CancellationToken cancellation)
    {
        Point(cancellation);
        return Task.FromResult(FakeCargo.Repeat(call, target, () => Point(cancellation)));
    }

    public IToolRunner Workers(string llvm) => this;

    public void Warm(IEnumerable<ImmutableArray<string>> sampleArguments, int count)
    {
    }

    public Task<ToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        Point(cancellationToken);
        var (output, diagnostics) = FakeStages.Run(call.Arguments, call.Inputs.ToDictionary(i => i.Name, i => FakeStages.Text(File.ReadAllBytes(i.Path))));
        if (output is not null)
            File.WriteAllBytes(Path.Combine(call.OutputDirectory, call.Arguments[^1]["--output=".Length..]), FakeStages.Bytes(output));
        return Task.FromResult(new ToolResult(output is not null, diagnostics));
    }

    private void Point(CancellationToken cancellation)
    {
        Action? now = null;
        lock (this)
        {
            if (--_until == 0)
                (now, _interference) = (_interference, null);
        }
        now?.Invoke();
        cancellation.ThrowIfCancellationRequested();
    }
}
