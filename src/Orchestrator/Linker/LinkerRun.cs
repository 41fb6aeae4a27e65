using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Disassembly;

namespace BpfIncr.Orchestrator.Linker;

/// <summary>One call as a linker: takes the inputs into the cache, goes through the stages behind rustc, writes the result.</summary>
/// <param name="options">The options.</param>
/// <param name="parsed">What they are.</param>
/// <param name="output">Where complaints go; rustc shows them when this fails.</param>
internal sealed class LinkerRun(LinkerOptions options, ParseResult parsed, Output output)
{
    private const string Variant = "object";
    private const int Attempts = 3;

    private readonly LinkerOutput _emit = options.Emit(parsed);
    private readonly string _name = Path.GetFileName(options.Output(parsed));

    /// <summary>Links.</summary>
    /// <exception cref="IOException">An input cannot be read, or the output or the cache not be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ExitCode> RunAsync(CancellationToken cancellation)
    {
        if (Settings() is not { } settings)
            return ExitCode.Usage;
        using var session = Session.Open(null, null, output, out var failure, optional: true);
        if (session is null)
            return failure;
        await using var programs = new InstalledPrograms(Session.Program);
        var files = new FileTable(session.Index, []);
        var memo = new Memo(session.Index, files);
        var candidates = ToolchainSelection.Candidates(settings, memo, files, programs);
        if (ToolchainSelection.Select(candidates, files) is not { } toolchain)
        {
            output.Show(SnapshotBuilder.NoToolchain(candidates));
            return ExitCode.Environment;
        }
        var llvm = toolchain.Toolchain.Llvm;
        if (LinkerLlvmCheck.Run(settings.Variants[Variant], new LlvmNames(llvm, settings.Directory, memo, programs)) is { IsEmpty: false } wrong)
        {
            output.Show(wrong);
            return ExitCode.Usage;
        }
        var tools = new PassTools(session.CacheFor(settings), session.Index, files, programs, programs.Workers(llvm), Session.Program);
        using var observer = new LinkerLog(output, options.LogFile(parsed), Inputs());
        var isDone = await LinkAsync(settings, toolchain, tools, observer, cancellation);
        files.Save();
        await tools.Cache.FlushAsync();
        if (!isDone)
            return ExitCode.Failed;
        if (observer.HasRun)
            AutomaticCollection.AfterBuild(session.CacheDirectory, settings.CacheLimits, output);
        return session.SharedCaches.Failed ? ExitCode.Environment : ExitCode.Success;
    }

    /// <summary>What is said of a file that cannot be read or written.</summary>
    public static Diagnostic Unusable(string why) => Diagnostic.Error("BPFI1120", $"the object cannot be linked: {why}", "see the message");

    // What the workspace's bpfincr.json says of caches counts here too; of compiling, the command line says it all.
    private Settings? Settings()
    {
        Settings? settings;
        ImmutableArray<Diagnostic> errors = [];
        if (Session.FindConfiguration(null) is { } path)
            (settings, errors) = SettingsReader.Read(path);
        else
            settings = SettingsReader.Defaults(Path.GetFullPath("."));
        output.Show(errors);
        return settings is null ? null : settings with
        {
            Rustc = CallingRustc.Find() ?? settings.Rustc,
            Mode = null,
            Variants = ImmutableSortedDictionary<string, VariantSettings>.Empty.Add(Variant, options.Settings(parsed)),
            Probes = ImmutableSortedDictionary<string, ProbeSettings>.Empty,
        };
    }

    private async Task<bool> LinkAsync(Settings settings, SelectedToolchain toolchain, PassTools tools, IPassObserver observer, CancellationToken cancellation)
    {
        using var slots = new SemaphoreSlim(Environment.ProcessorCount);
        var runner = new StepRunner(tools.Cache, tools.Workers);
        var table = new StepTable("bpf-linker", ImmutableDictionary<StepId, RememberedStep>.Empty, tools, observer);
        var results = new RecordedResults(new StepResolver(runner, tools, table, observer, slots, () => { }));
        var chain = new ProbeChain(settings, toolchain.LlvmIdentity, _name, results)
        {
            Last = _emit is LinkerOutput.LlvmBc or LinkerOutput.LlvmIr ? Stage.Optimize : Stage.Codegen,
        };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (await chain.RunAsync(StoreInputs(tools), [Variant], cancellation) is not [(_, var last)])
                    return false;
                await WriteAsync(last, results, (digest, name) => TextAsync(runner, settings, toolchain, digest, name, cancellation), tools);
                return true;
            }
            catch (LostBlobException e) when (attempt < Attempts)
            {
                foreach (var result in results.With(e.Digest))
                    tools.Cache.Forget(result.Action.Key);
            }
        }
    }

    private ImmutableArray<StepOutput> StoreInputs(PassTools tools)
    {
        foreach (var input in options.Inputs(parsed).Where(i => !FileStamp.IsRegularFile(i)))
            throw new IOException(Path.Exists(input) ? $"{input} is no file that can be read" : $"{input} does not exist");
        var libraries = options.Inputs(parsed).Where(IsArchive).ToImmutableArray();
        var storage = new CaptureStorage(path => path.Contains("/lib/rustlib/", StringComparison.Ordinal) && path.EndsWith(".rlib", StringComparison.Ordinal), tools);
        var outputs = storage.Store(new Stages.Rustc.LinkCapture(
            options.Output(parsed), [.. Inputs().Select(File.ReadAllBytes)], options.Exports(parsed), libraries, Call: null));
        var named = options.NamedExports(parsed).Distinct().Order(StringComparer.Ordinal).ToImmutableArray();
        return named.IsEmpty ? outputs : outputs.Add(
            new StepOutput(ProbeChain.ExpectedExportsName, tools.Blobs.Put(Encoding.UTF8.GetBytes(string.Join('\n', named)))));
    }

    // Those that are objects, in the order in which they have their numbers.
    private List<string> Inputs() => [.. options.Inputs(parsed).Where(i => FileStamp.IsRegularFile(i) && !IsArchive(i))];

    private static bool IsArchive(string path)
    {
        Span<byte> magic = stackalloc byte[8];
        using var file = File.OpenHandle(path);
        return RandomAccess.Read(file, magic, 0) == magic.Length && (magic.SequenceEqual("!<arch>\n"u8) || magic.SequenceEqual("!<thin>\n"u8));
    }

    private async Task WriteAsync(StepResult last, RecordedResults results, Func<Digest, string, Task<Digest>> text, PassTools tools)
    {
        if (options.DumpDirectory(parsed) is { } directory)
        {
            Directory.CreateDirectory(directory);
            Write(Path.Combine(directory, "pre-opt.ll"), await text(results.Output(Stage.Patch, ProbeChain.PatchedName), ProbeChain.PatchedName), tools);
            Write(Path.Combine(directory, "post-opt.ll"), await text(results.Output(Stage.Optimize, ProbeChain.OptimizedName), ProbeChain.OptimizedName), tools);
        }
        var digest = last.Outputs[0].Digest;
        if (_emit is LinkerOutput.LlvmIr or LinkerOutput.LlvmBc && options.ByteOrder(parsed) != ByteOrder.Program)
            CheckByteOrder(await text(digest, ProbeChain.OptimizedName), tools);
        Write(options.Output(parsed), _emit == LinkerOutput.LlvmIr ? await text(digest, ProbeChain.OptimizedName) : digest, tools);
    }

    private static async Task<Digest> TextAsync(
        StepRunner runner, Settings settings, SelectedToolchain toolchain, Digest digest, string name, CancellationToken cancellation)
    {
        const string Text = "text.ll";
        var action = new StepAction(
            DisassemblyTool.ToArguments(name, Text), [], [new("llvm", toolchain.LlvmIdentity)], new InputTree([new(name, digest)]), [Text], settings.Universe);
        var execution = await runner.RunAsync(action, Text, cancellation);
        return execution.Result?.Output(Text) ?? throw new IOException(execution.Diagnostics.FirstOrDefault()?.Message ?? "LLVM gives no text");
    }

    // Objects are checked by codegen.
    private void CheckByteOrder(Digest text, PassTools tools)
    {
        var isBig = Encoding.UTF8.GetString(tools.Cache.TryRead(text) ?? throw new LostBlobException(text)).Contains("\ntarget triple = \"bpfeb", StringComparison.Ordinal);
        if (isBig != (options.ByteOrder(parsed) == ByteOrder.Big))
            throw new IOException($"the inputs are {(isBig ? "big" : "little")}-endian, and --target asks for the other order");
    }

    // Nobody sees half of a file; what is no file, such as /dev/stdout, and what is a link, stays that.
    private static void Write(string path, Digest digest, PassTools tools)
    {
        var content = tools.Cache.TryRead(digest) ?? throw new LostBlobException(digest);
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw new IOException($"{path} cannot be written: its directory does not exist");
        if (Path.Exists(path) && (!FileStamp.IsRegularFile(path) || new FileInfo(path).LinkTarget is not null))
        {
            using var there = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            if (FileStamp.IsRegularFile(path))
                there.SetLength(0);
            there.Write(content);
            return;
        }
        var temporary = $"{path}.{Guid.NewGuid():n}";
        try
        {
            NewFile.Write(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    // The results as they come: some are written beside the last.
    private sealed class RecordedResults(IStepResolver resolver) : IStepResolver
    {
        private readonly Dictionary<Stage, StepResult> _results = [];

        public Digest Output(Stage stage, string name) => _results[stage].Output(name);

        public IEnumerable<StepResult> With(Digest output) => _results.Values.Where(r => r.Outputs.Any(o => o.Digest == output));

        public async Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation, FailureSearch? places = null)
        {
            if (await resolver.ResolveAsync(id, action, output, cancellation, places) is not { } result)
                return null;
            return _results[id.Stage] = result;
        }

        public void Skip(StepId id) => resolver.Skip(id);
    }
}
