using BpfIncr.Orchestrator.Watch;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Watch;

/// <summary>Which events are heard, with the system's own.</summary>
public sealed class ChangeSignalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ChangeSignal _signal = new(why => Assert.Fail(why));

    [Fact]
    public async Task A_file_is_named_when_it_is_closed()
    {
        _signal.Watch([_directory.Path]);

        await File.WriteAllTextAsync(_directory["a"], "text", TestContext.Current.CancellationToken);

        Assert.Contains(_directory["a"], (await HearAsync()).Paths);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_yet_is_announced_and_then_heard()
    {
        _signal.Watch([_directory["new/deep"]]);
        Directory.CreateDirectory(_directory["new/deep"]);
        Assert.Contains(_directory["new"], (await HearAsync()).Paths);

        await File.WriteAllTextAsync(_directory["new/deep/a"], "text", TestContext.Current.CancellationToken);

        await HearAsync(_directory["new/deep/a"]);
    }

    [Fact]
    public async Task A_directory_that_takes_the_place_of_a_moved_one_is_heard()
    {
        Directory.CreateDirectory(_directory["kept/src"]);
        _signal.WatchTree(_directory["kept"]);
        Directory.Move(_directory["kept"], _directory["moved"]);
        await HearAsync(_directory["kept"]);
        Directory.CreateDirectory(_directory["kept/src"]);
        _signal.WatchTree(_directory["kept"]);

        await File.WriteAllTextAsync(_directory["kept/src/a"], "text", TestContext.Current.CancellationToken);

        await HearAsync(_directory["kept/src/a"]);
    }

    [Fact]
    public async Task Of_a_tree_what_is_hidden_or_called_target_is_not_heard()
    {
        foreach (var name in (string[])["src", ".git", "target"])
            Directory.CreateDirectory(_directory[$"tree/{name}"]);
        _signal.WatchTree(_directory["tree"]);
        foreach (var name in (string[])[".git", "target", "src"])
            await File.WriteAllTextAsync(_directory[$"tree/{name}/a"], "text", TestContext.Current.CancellationToken);

        Assert.Equal([_directory["tree/src/a"]], (await HearAsync()).Paths);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _signal.Dispose();
        _directory.Dispose();
    }

    private Task<ChangeHints> HearAsync() => _signal.WaitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));

    private async Task HearAsync(string path)
    {
        while (!(await HearAsync()).Paths.Contains(path))
        {
        }
    }
}
