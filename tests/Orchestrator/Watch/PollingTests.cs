using System.Threading.Channels;
using BpfIncr.Orchestrator.Watch;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Watch;

/// <summary>What is noticed without events.</summary>
public sealed class PollingTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Written_new_and_removed_files_are_named_and_others_are_not()
    {
        foreach (var name in (string[])["same", "written", "removed"])
            await File.WriteAllTextAsync(_directory[name], "text", TestContext.Current.CancellationToken);
        var heard = Channel.CreateUnbounded<string>();
        using var polling = new Polling(hints => hints.Paths.ToList().ForEach(p => heard.Writer.TryWrite(p)));
        polling.Add(_directory.Path);
        await File.WriteAllTextAsync(_directory["written"], "another text", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_directory["new"], "text", TestContext.Current.CancellationToken);
        File.Delete(_directory["removed"]);

        var paths = new SortedSet<string>(StringComparer.Ordinal);
        while (paths.Count < 3)
            paths.Add(await heard.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        Assert.Equal([_directory["new"], _directory["removed"], _directory["written"]], paths);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
