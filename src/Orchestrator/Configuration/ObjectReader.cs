using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>
/// Takes the members of a JSON object by name, each with the type it must have; a member that is wrong is noted, and
/// read as if it were not there, so that all that is wrong is found at once. What nobody took when
/// <see cref="End"/> is called is an unknown member, answered with the nearest of the names that were asked for: the
/// code that reads a member is the only list of names there is.
/// </summary>
internal sealed class ObjectReader
{
    private readonly JsonNodeAt _node;
    private readonly List<ConfigurationError> _errors;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>A reader for a JSON object.</summary>
    /// <param name="node">The object.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="errors">Where everything that is wrong is noted.</param>
    public ObjectReader(JsonNodeAt node, string what, List<ConfigurationError> errors)
    {
        (_node, What, _errors) = (node, what, errors);
        if (node.Kind != JsonTokenType.StartObject)
            WrongType(node, what, "an object");
    }

    /// <summary>What the object is, for messages.</summary>
    public string What { get; }

    /// <summary>Where the object is.</summary>
    public TextPosition Position => _node.Position;

    public IEnumerable<JsonMember> Members => _node.Members;

    public JsonMember? Take(string name)
    {
        _asked.Add(name);
        return _node.Members.FirstOrDefault(m => m.Name == name);
    }

    /// <summary>Notes something that is wrong.</summary>
    public void Wrong(TextPosition position, string message, string? hint) => _errors.Add(new ConfigurationError(position, message, hint));

    public string? Text(string name) => Take(name) is { } member ? Text(member.Value, $"\"{name}\"") : null;

    public bool? Flag(string name)
    {
        if (Take(name) is not { } member)
            return null;
        if (member.Value.Kind is not (JsonTokenType.True or JsonTokenType.False))
            WrongType(member.Value, $"\"{name}\"", "true or false");
        return member.Value.Kind == JsonTokenType.True;
    }

    public ImmutableArray<string>? Texts(string name)
    {
        if (Take(name) is not { } member)
            return null;
        if (member.Value.Kind != JsonTokenType.StartArray)
            WrongType(member.Value, $"\"{name}\"", "an array of strings");
        return [.. member.Value.Items.Select(i => Text(i, $"every item of \"{name}\"")).OfType<string>()];
    }

    /// <summary>A whole number that is not negative.</summary>
    public int? Count(string name)
    {
        if (Take(name) is not { } member)
            return null;
        if (member.Value.Kind == JsonTokenType.Number && int.TryParse(member.Value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return count;
        WrongType(member.Value, $"\"{name}\"", "a whole number that is not negative");
        return null;
    }

    /// <summary>A time above zero, written as a number of seconds.</summary>
    public TimeSpan? Seconds(string name)
    {
        if (Take(name) is not { } member)
            return null;
        // A day is for ever, and what is longer does not fit into what waits.
        if (member.Value.Kind == JsonTokenType.Number
            && double.TryParse(member.Value.Text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.001 and <= 86_400)
            return TimeSpan.FromSeconds(seconds);
        WrongType(member.Value, $"\"{name}\"", "a number of seconds, at most a day");
        return null;
    }

    /// <summary>A reader for each item of an array of objects; null when there is no array.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="what">What each item is, for messages.</param>
    public ImmutableArray<ObjectReader>? Objects(string name, string what)
    {
        if (Take(name) is not { } member)
            return null;
        if (member.Value.Kind != JsonTokenType.StartArray)
            WrongType(member.Value, $"\"{name}\"", "an array of objects");
        // One that is no object is noted as such, and has nothing to be read.
        return [.. member.Value.Items.Select(i => new ObjectReader(i, what, _errors)).Where(r => r._node.Kind == JsonTokenType.StartObject)];
    }

    /// <summary>One of an enum's values, written in lower case.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="others">What else can be written there, for the hint.</param>
    public T? Choice<T>(string name, params string[] others) where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        return OneOf(name, [.. values.Select(NameOf)], others) is { } index ? values[index] : null;
    }

    /// <summary>Which of some names a member says, counted from 0.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="names">What can be written there.</param>
    /// <param name="others">What else can be written there, for the hint.</param>
    public int? OneOf(string name, IReadOnlyList<string> names, params string[] others)
    {
        if (Take(name) is not { } member || Text(member.Value, $"\"{name}\"") is not { } text)
            return null;
        for (var i = 0; i < names.Count; i++)
            if (names[i] == text)
                return i;
        Unknown(member.Value, $"\"{name}\" cannot be \"{text}\"", text, [.. names, .. others]);
        return null;
    }

    /// <summary>Some of these names.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="names">What can be written there.</param>
    public ImmutableArray<string>? Names(string name, string[] names)
    {
        if (Texts(name) is not { } texts)
            return null;
        foreach (var item in Take(name)!.Value.Items)
            if (item.Kind == JsonTokenType.String && !names.Contains(item.Text))
                Unknown(item, $"\"{name}\" cannot have \"{item.Text}\"", item.Text, names);
        return texts;
    }

    private void Unknown(JsonNodeAt node, string message, string text, string[] names) => Wrong(
        node.Position, message, NearestName.Of(text, names) is { } near ? $"did you mean \"{near}\"?" : $"it is one of {string.Join(", ", names.Select(n => $"\"{n}\""))}");

    /// <summary>The object under a name, for another reader; null when it is not there.</summary>
    public ObjectReader? Object(string name) =>
        Take(name) is { } member ? Reader(member) : null;

    /// <summary>A reader for a member that is an object.</summary>
    /// <param name="member">The member.</param>
    /// <param name="what">What it is, for messages; without it, its name.</param>
    public ObjectReader Reader(JsonMember member, string? what = null) => new(member.Value, what ?? $"\"{member.Name}\"", _errors);

    /// <summary>Notes every member that nobody asked for.</summary>
    public void End()
    {
        foreach (var unknown in _node.Members.Where(m => !_asked.Contains(m.Name)))
        {
            var hint = NearestName.Of(unknown.Name, _asked) is { } near
                ? $"did you mean \"{near}\"?"
                : $"it may have {string.Join(", ", _asked.Order(StringComparer.Ordinal).Select(n => $"\"{n}\""))}";
            Wrong(unknown.Position, $"{What} has no \"{unknown.Name}\"", hint);
        }
    }

    /// <summary>How an enum's value is written: "buildStd" becomes "build-std", "O2" stays.</summary>
    private static string NameOf<T>(T value) where T : struct, Enum
    {
        var name = value.ToString();
        if (name.Length == 2 && name[0] == 'O')
            return name;
        return string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
    }

    private string? Text(JsonNodeAt node, string what)
    {
        if (node.Kind == JsonTokenType.String)
            return node.Text;
        WrongType(node, what, "a string");
        return null;
    }

    private void WrongType(JsonNodeAt node, string what, string wanted) =>
        Wrong(node.Position, $"{what} must be {wanted}, not {Describe(node)}", null);

    private static string Describe(JsonNodeAt node) => node.Kind switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => $"the string \"{node.Text}\"",
        _ => node.Text,
    };
}
