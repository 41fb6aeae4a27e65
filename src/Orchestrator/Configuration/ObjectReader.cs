using System.Collections.Immutable;
using System.Text.Json;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>
/// Takes the members of a JSON object by name, each with the type it must have. What nobody took when
/// <see cref="End"/> is called is an unknown member, answered with the nearest of the names that were asked for: the
/// code that reads a member is the only list of names there is.
/// </summary>
internal sealed class ObjectReader
{
    private readonly JsonNodeAt _node;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public ObjectReader(JsonNodeAt node, string what)
    {
        _node = Expect(node, JsonTokenType.StartObject, what, "an object");
        What = what;
    }

    /// <summary>What the object is, for messages.</summary>
    public string What { get; }

    public IEnumerable<JsonMember> Members => _node.Members;

    public JsonMember? Take(string name)
    {
        _asked.Add(name);
        return _node.Members.FirstOrDefault(m => m.Name == name);
    }

    public string? Text(string name) =>
        Take(name) is { } member ? Expect(member.Value, JsonTokenType.String, $"\"{name}\"", "a string").Text : null;

    public bool? Flag(string name) => Take(name) is not { } member
        ? null
        : member.Value.Kind switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw WrongType(member.Value, $"\"{name}\"", "true or false"),
        };

    public ImmutableArray<string>? Texts(string name) =>
        Take(name) is { } member ? Texts(member) : null;

    public static ImmutableArray<string> Texts(JsonMember member) =>
        [.. Expect(member.Value, JsonTokenType.StartArray, $"\"{member.Name}\"", "an array of strings").Items
            .Select(i => Expect(i, JsonTokenType.String, $"every item of \"{member.Name}\"", "a string").Text)];

    /// <summary>One of an enum's values, written in lower case.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="others">What else can be written there, for the hint.</param>
    public T? Choice<T>(string name, params string[] others) where T : struct, Enum
    {
        if (Take(name) is not { } member)
            return null;
        var text = Expect(member.Value, JsonTokenType.String, $"\"{name}\"", "a string").Text;
        var names = Enum.GetValues<T>().Select(v => (Value: v, Name: NameOf(v))).ToList();
        if (names.FindIndex(n => n.Name == text) is >= 0 and var index)
            return names[index].Value;
        var written = names.Select(n => n.Name).Concat(others).ToList();
        var hint = NearestName.Of(text, written) is { } near
            ? $"did you mean \"{near}\"?"
            : $"it is one of {string.Join(", ", written.Select(n => $"\"{n}\""))}";
        throw new ConfigurationException(member.Value.Position, $"\"{name}\" cannot be \"{text}\"", hint);
    }

    /// <summary>The object under a name, for another reader; null when it is not there.</summary>
    public ObjectReader? Object(string name) =>
        Take(name) is { } member ? new ObjectReader(member.Value, $"\"{name}\"") : null;

    /// <exception cref="ConfigurationException">A member is left that nobody asked for.</exception>
    public void End()
    {
        if (_node.Members.FirstOrDefault(m => !_asked.Contains(m.Name)) is not { } unknown)
            return;
        var hint = NearestName.Of(unknown.Name, _asked) is { } near
            ? $"did you mean \"{near}\"?"
            : $"it may have {string.Join(", ", _asked.Order(StringComparer.Ordinal).Select(n => $"\"{n}\""))}";
        throw new ConfigurationException(unknown.Position, $"{What} has no \"{unknown.Name}\"", hint);
    }

    /// <summary>How an enum's value is written: "buildStd" becomes "build-std", "O2" stays.</summary>
    private static string NameOf<T>(T value) where T : struct, Enum
    {
        var name = value.ToString();
        if (name.Length == 2 && name[0] == 'O')
            return name;
        return string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
    }

    private static JsonNodeAt Expect(JsonNodeAt node, JsonTokenType kind, string what, string wanted) =>
        node.Kind == kind ? node : throw WrongType(node, what, wanted);

    private static ConfigurationException WrongType(JsonNodeAt node, string what, string wanted) =>
        new(node.Position, $"{what} must be {wanted}, not {Describe(node)}", null);

    private static string Describe(JsonNodeAt node) => node.Kind switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => $"the string \"{node.Text}\"",
        _ => node.Text,
    };
}
