using System.Collections.Immutable;
using BpfIncr.Cache.Actions.Proto;
using Google.Protobuf;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Cache.Actions;

/// <summary>
/// What a step is: a command over an input tree, in the encoding of the Remote Execution API's <c>Action</c>.
/// The key of a step is the SHA-256 of that message, so that the local cache, a shared one and a remote executor
/// agree without a translation.
///
/// Whatever can change a step's output is in here, as an argument, a variable, a property or an input; whatever
/// cannot (where the checkout lies, the user, the time, how many jobs run) is not. There is no second encoding:
/// an explanation of a miss compares two of these, so that key and explanation cannot drift apart.
/// </summary>
public sealed class StepAction
{
    private readonly Proto.Action _action;
    private readonly Command _command;
    private readonly ImmutableArray<Proto.Directory> _directories;

    /// <summary>Builds the messages in the API's canonical order.</summary>
    /// <param name="arguments">The command line: the tool's or stage's name, then every option that affects output.</param>
    /// <param name="environment">Variables that the step reads, with their values.</param>
    /// <param name="properties">Identities that are neither files nor options: toolchain, LLVM.</param>
    /// <param name="inputs">What the step reads.</param>
    /// <param name="outputs">The names of what it writes.</param>
    /// <param name="universe">Free text of the configuration; another one disowns every earlier result.</param>
    public StepAction(
        IEnumerable<string> arguments,
        IEnumerable<KeyValuePair<string, string>> environment,
        IEnumerable<KeyValuePair<string, string>> properties,
        InputTree inputs,
        IEnumerable<string> outputs,
        string universe)
    {
        Inputs = inputs;
        _command = new Command();
        _command.Arguments.AddRange(arguments);
        _command.EnvironmentVariables.AddRange(Ordered(environment)
            .Select(v => new Command.Types.EnvironmentVariable { Name = v.Key, Value = v.Value }));
        _command.OutputPaths.AddRange(outputs.Order(CodePointOrder.Instance));
        var platform = new Platform();
        platform.Properties.AddRange(Ordered(properties)
            .Select(p => new Platform.Types.Property { Name = p.Key, Value = p.Value }));
        (var root, _directories) = inputs.ToDirectories();
        _action = new Proto.Action
        {
            CommandDigest = Digest.Of(_command.ToByteArray()).ToProto(),
            InputRootDigest = root.ToProto(),
            Salt = ByteString.CopyFromUtf8(universe),
            Platform = platform,
        };
        Key = Digest.Of(_action.ToByteArray());
    }

    private StepAction(StepRecord record, InputTree inputs)
    {
        (_action, _command, _directories, Inputs) = (record.Action, record.Command, [.. record.Directories], inputs);
        Key = Digest.Of(_action.ToByteArray());
    }

    /// <summary>The action key: the digest of the encoded <c>Action</c>.</summary>
    public Digest Key { get; }

    /// <summary>What the step reads.</summary>
    public InputTree Inputs { get; }

    /// <summary>The command line.</summary>
    public IReadOnlyList<string> Arguments => _command.Arguments;

    /// <summary>The names of the variables that the step reads.</summary>
    public IEnumerable<string> Variables => _command.EnvironmentVariables.Select(v => v.Name);

    /// <summary>The variables that the step reads, with their values.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment =>
        _command.EnvironmentVariables.Select(v => KeyValuePair.Create(v.Name, v.Value));

    /// <summary>Identities that are neither files nor options: toolchain, LLVM.</summary>
    public IEnumerable<KeyValuePair<string, string>> Properties => _action.Platform.Properties.Select(p => KeyValuePair.Create(p.Name, p.Value));

    /// <summary>Free text of the configuration.</summary>
    public string Universe => _action.Salt.ToStringUtf8();

    /// <summary>Every ingredient of the key by name: what an explanation compares. The order is that of a person's interest.</summary>
    public IEnumerable<KeyValuePair<string, string>> Ingredients()
    {
        foreach (var file in Inputs.Files)
            yield return new(FileName(file.Key), file.Value.Short);
        foreach (var (name, value) in NamedArguments())
            yield return new(name, value);
        foreach (var (name, value) in Environment)
            yield return new($"${name}", value);
        foreach (var property in Properties)
            yield return property;
        yield return new("universe", Universe);
    }

    // A file can be called anything, also what something else is called here.
    private string FileName(string name) =>
        name.StartsWith('$') || name.StartsWith('-') || name == "universe" || _action.Platform.Properties.Any(p => p.Name == name)
            ? $"./{name}"
            : name;

    // "--name=value" may occur more than once; the name alone would hide the second. What is no option names an input.
    private IEnumerable<(string Name, string Value)> NamedArguments() =>
        _command.Arguments
            .Where(a => a.StartsWith("--", StringComparison.Ordinal))
            .Select(a => a.Split('=', 2))
            .GroupBy(a => a[0], StringComparer.Ordinal)
            .Select(g => (g.Key, string.Join(' ', g.Select(a => a.Length > 1 ? a[1] : "set"))));

    internal void CopyTo(StepRecord record)
    {
        record.Action = _action;
        record.Command = _command;
        record.Directories.AddRange(_directories);
    }

    /// <summary>The action of a stored record; null unless its parts hash to each other. Whether its key is the one that was asked for is the caller's question.</summary>
    internal static StepAction? From(StepRecord record)
    {
        if (record.Action?.Platform is null || record.Command is null || InputTree.From(record.Directories) is not var (inputs, tree))
            return null;
        var action = new StepAction(record, inputs);
        var consistent = record.Action.CommandDigest.TryToDigest(out var command)
            && command == Digest.Of(record.Command.ToByteArray())
            && record.Action.InputRootDigest.TryToDigest(out var root)
            && root == tree;
        return consistent ? action : null;
    }

    private static IEnumerable<KeyValuePair<string, string>> Ordered(IEnumerable<KeyValuePair<string, string>> pairs) =>
        pairs.OrderBy(p => p.Key, CodePointOrder.Instance);
}
