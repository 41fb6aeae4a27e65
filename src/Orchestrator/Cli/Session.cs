using System.Collections;
using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Signing;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>What every command needs first: which <c>bpfincr.json</c>, which cache. Opens the cache lazily, as not every command has one.</summary>
internal sealed class Session : IDisposable
{
    private const string CacheVariable = "BPFINCR_CACHE_DIR";

    /// <summary>The version of the cache's format: a directory of its own.</summary>
    public const string CacheVersion = "v1";

    private readonly Lazy<IndexDatabase> _index;
    private readonly bool _readOnly;

    private Session(string configuration, string cache, SharedCacheOption shared, SigningKey? signingKey, Output output, bool readOnly)
    {
        (ConfigurationPath, CacheDirectory, SigningKey, Output) = (configuration, cache, signingKey, output);
        _readOnly = readOnly;
        _index = new Lazy<IndexDatabase>(() => OpenIndex(cache, output, readOnly));
        SharedCaches = new SharedCaches(shared, signingKey, output);
        Passes = new PassStore(cache, readOnly);
        Blobs = new BlobStore(cache, digest => output.Warn(Damaged($"blob {digest.Short}", readOnly)), readOnly);
        Results = new ActionCache(cache, key => output.Warn(Damaged($"result {key.Short}", readOnly)), readOnly);
    }

    /// <summary>Absolute path of the <c>bpfincr.json</c>.</summary>
    public string ConfigurationPath { get; }

    /// <summary>The workspace's name in the index: two configurations in one directory are two.</summary>
    public string Workspace => ConfigurationPath;

    /// <summary>The directory of <see cref="ConfigurationPath"/>.</summary>
    public string Directory => Path.GetDirectoryName(ConfigurationPath)!;

    /// <summary>The versioned cache directory.</summary>
    public string CacheDirectory { get; }

    public Output Output { get; }

    /// <summary>The index, opened when it is first asked for: a build with nothing to do never asks.</summary>
    /// <exception cref="UnusableException">It cannot be opened.</exception>
    public IndexDatabase Index => _index.Value;

    /// <summary>What passes saw.</summary>
    public PassStore Passes { get; }

    public BlobStore Blobs { get; }

    public ActionCache Results { get; }

    /// <summary>What signs the results that are made here; null when nothing does.</summary>
    public SigningKey? SigningKey { get; }

    /// <summary>What is shared with other machines.</summary>
    public SharedCaches SharedCaches { get; }

    /// <summary>All caches together, for one pass.</summary>
    public TieredCache CacheFor(Settings settings) => new(Results, Blobs, SharedCaches.For(settings), SharedCaches.Report, _readOnly, SigningKey);

    /// <summary>This program as a command line.</summary>
    public static ImmutableArray<string> Program { get; } = [Environment.ProcessPath!];

    /// <summary>Opens the session of a command; null, after saying why, when it cannot be.</summary>
    /// <param name="configuration">What the command line says of <c>bpfincr.json</c>.</param>
    /// <param name="cache">What it says of the cache.</param>
    /// <param name="output">Where complaints go.</param>
    /// <param name="failure">The exit code when there is none.</param>
    /// <param name="readOnly">Whether the command only looks: nothing is then remembered, and what is damaged stays.</param>
    /// <param name="shared">What the command line says of the shared cache.</param>
    /// <param name="optional">Whether there may be no <c>bpfincr.json</c>; the session is then of the one that could be here.</param>
    public static Session? Open(
        string? configuration, string? cache, Output output, out ExitCode failure, bool readOnly = false, SharedCacheOption? shared = null, bool optional = false)
    {
        failure = ExitCode.Usage;
        // Whatever this command starts is not to see it.
        var (signingKey, error) = SigningKeySource.Take();
        if (error is not null)
        {
            output.Show(error);
            return null;
        }
        if ((FindConfiguration(configuration) ?? (optional ? Path.GetFullPath(Settings.FileName) : null)) is not { } path)
        {
            output.Show(NoConfiguration(configuration));
            return null;
        }
        shared ??= new SharedCacheOption(null);
        shared = shared with { Text = NonEmpty(shared.Text) ?? NonEmpty(Environment.GetEnvironmentVariable(SharedCacheOption.Variable)) };
        if (shared.LacksDirectory)
        {
            output.Show(Diagnostic.Error("BPFI1005", $"the shared cache \"{shared.Text}\" has no directory", "write DIR:ro, or none for no shared cache"));
            return null;
        }
        var directory = Path.Combine(CacheRoot(cache), CacheVersion);
        failure = ExitCode.Environment;
        try
        {
            System.IO.Directory.CreateDirectory(directory);
            return new Session(path, directory, shared, signingKey, output, readOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Show(Unusable(directory, e));
            return null;
        }
    }

    /// <summary>Opens the index of a cache.</summary>
    /// <param name="cache">The versioned cache directory.</param>
    /// <param name="output">Where complaints go.</param>
    /// <param name="readOnly">Whether nothing is to be remembered.</param>
    /// <param name="replaced">Told when an index was there and had to be given up.</param>
    /// <param name="thorough">Whether every page of it is read for that.</param>
    /// <exception cref="UnusableException">It cannot be opened.</exception>
    public static IndexDatabase OpenIndex(string cache, Output output, bool readOnly, Action? replaced = null, bool thorough = false)
    {
        try
        {
            return IndexDatabase.Open(
                IndexIn(cache),
                why =>
                {
                    replaced?.Invoke();
                    output.Warn(Diagnostic.Warning("BPFI1052", $"the cache's index was replaced: {why}", "nothing is lost; everything is looked at once more"));
                },
                readOnly,
                () => output.Warn(Diagnostic.Warning(
                    "BPFI1053", "another process keeps the cache's index to itself", "nothing is remembered; the next build looks at more than it would have to")),
                thorough);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableException(Unusable(cache, e));
        }
    }

    /// <summary>Where the index of a cache is.</summary>
    public static string IndexIn(string cache) => Path.Combine(cache, "index.db");

    private static Diagnostic Unusable(string directory, Exception e) => Diagnostic.Error(
        "BPFI1050", $"the cache directory {directory} cannot be used: {e.Message}",
        $"name another one with --cache-dir or ${CacheVariable}");

    /// <summary>Where the cache is when nothing else is said: one for all checkouts of a user, so that they share.</summary>
    public static string CacheRoot(string? option)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var chosen = option
            ?? NonEmpty(Environment.GetEnvironmentVariable(CacheVariable))
            ?? Path.Combine(NonEmpty(Environment.GetEnvironmentVariable("XDG_CACHE_HOME")) ?? Path.Combine(home, ".cache"), "bpfincr");
        return Path.GetFullPath(chosen);
    }

    /// <summary>The names and values of variables, and of all that can override cargo's configuration, as one hash.</summary>
    public static string EnvironmentState(IReadOnlyCollection<string> variables)
    {
        var overrides = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(e => (string)e.Key)
            .Where(n => n.StartsWith("CARGO_", StringComparison.Ordinal) || n.StartsWith("RUST", StringComparison.Ordinal));
        var lines = overrides.Union(variables).Order(StringComparer.Ordinal)
            .Select(n => $"{n}={Environment.GetEnvironmentVariable(n)}");
        return Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_index.IsValueCreated)
            _index.Value.Dispose();
        SigningKey?.Dispose();
    }

    /// <summary>What is said when there is no <c>bpfincr.json</c>.</summary>
    public static Diagnostic NoConfiguration(string? option) => Diagnostic.Error(
        "BPFI1000",
        option is null ? $"there is no {Settings.FileName} here or in a directory above"
        : System.IO.Directory.Exists(option) ? $"there is no {Settings.FileName} in {option}"
        : $"{option} does not exist",
        "write one with bpfincr init, or name it with --config");

    /// <summary>The <c>bpfincr.json</c> that a command is about; null when there is none.</summary>
    public static string? FindConfiguration(string? option)
    {
        if (option is not null)
        {
            var path = Path.GetFullPath(option);
            path = System.IO.Directory.Exists(path) ? Path.Combine(path, Settings.FileName) : path;
            return Path.Exists(path) ? path : null;
        }
        for (var d = Path.GetFullPath("."); d is not null; d = Path.GetDirectoryName(d))
            if (Path.Exists(Path.Combine(d, Settings.FileName)))
                return Path.Combine(d, Settings.FileName);
        return null;
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>What is said of something damaged in the cache.</summary>
    /// <param name="what">What it is.</param>
    /// <param name="readOnly">Whether it stays as it is.</param>
    public static Diagnostic Damaged(string what, bool readOnly = false) => Diagnostic.Warning(
        "BPFI1051", readOnly ? $"the cache's {what} is damaged; a build makes it again" : $"the cache's {what} was damaged; it is made again");
}

/// <summary>The machine does not let a command do its work.</summary>
/// <param name="diagnostic">What is wrong.</param>
internal sealed class UnusableException(Diagnostic diagnostic) : Exception(diagnostic.Message)
{
    /// <summary>What is wrong.</summary>
    public Diagnostic Diagnostic { get; } = diagnostic;
}
