using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>A place in a text file, both counted from 1.</summary>
internal readonly record struct TextPosition(int Line, int Column);

/// <summary>A JSON value that remembers where it stands, so that an error can point at it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Position">Where it begins.</param>
/// <param name="Text">The text of a string, number or literal.</param>
/// <param name="Members">The members of an object, in order.</param>
/// <param name="Items">The items of an array.</param>
internal sealed record JsonNodeAt(
    JsonTokenType Kind,
    TextPosition Position,
    string Text,
    ImmutableArray<JsonMember> Members,
    ImmutableArray<JsonNodeAt> Items)
{
    /// <summary>The value under a path of member names; null when there is none.</summary>
    public JsonNodeAt? Find(params ReadOnlySpan<string> path)
    {
        var node = this;
        foreach (var name in path)
            node = node?.Members.FirstOrDefault(m => m.Name == name)?.Value;
        return node;
    }
}

/// <summary>A member of an object.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Position">Where the name stands.</param>
/// <param name="Value">Its value.</param>
internal sealed record JsonMember(string Name, TextPosition Position, JsonNodeAt Value);

/// <summary>Reads JSON, comments and trailing commas allowed, into <see cref="JsonNodeAt"/>.</summary>
internal static class JsonTree
{
    /// <exception cref="ConfigurationException">The text is not JSON; says where.</exception>
    public static JsonNodeAt Parse(byte[] utf8)
    {
        // A byte order mark says nothing about a text that is UTF-8 anyway.
        if (utf8.AsSpan().StartsWith(Encoding.UTF8.Preamble))
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        var lines = new LineTable(utf8);
        var reader = new Utf8JsonReader(
            utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            reader.Read();
            var root = Value(ref reader, lines);
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            var position = lines.PositionOf((int)(e.LineNumber ?? 0), (int)(e.BytePositionInLine ?? 0));
            throw new ConfigurationException(NotJson(position, lines.TextAt(position)));
        }
    }

    private static JsonNodeAt Value(ref Utf8JsonReader reader, LineTable lines)
    {
        var (kind, position) = (reader.TokenType, lines.PositionOf(reader.TokenStartIndex));
        return kind switch
        {
            JsonTokenType.StartObject => new(kind, position, "", Members(ref reader, lines), []),
            JsonTokenType.StartArray => new(kind, position, "", [], Items(ref reader, lines)),
            JsonTokenType.String => new(kind, position, Text(ref reader, position), [], []),
            _ => new(kind, position, Encoding.UTF8.GetString(reader.ValueSpan), [], []),
        };
    }

    private static string Text(ref Utf8JsonReader reader, TextPosition position)
    {
        try
        {
            var text = reader.GetString()!;
            return text.Contains('\0') ? throw new ConfigurationException(new ConfigurationError(position, "a string cannot contain a zero character", null)) : text;
        }
        catch (InvalidOperationException)
        {
            throw new ConfigurationException(new ConfigurationError(position, "this string is not valid Unicode", "save the file as UTF-8"));
        }
    }

    private static ImmutableArray<JsonMember> Members(ref Utf8JsonReader reader, LineTable lines)
    {
        var members = ImmutableArray.CreateBuilder<JsonMember>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var position = lines.PositionOf(reader.TokenStartIndex);
            var name = Text(ref reader, position);
            if (members.Any(m => m.Name == name))
                throw new ConfigurationException(new ConfigurationError(position, $"\"{name}\" is here for the second time", "remove one of them"));
            reader.Read();
            members.Add(new JsonMember(name, position, Value(ref reader, lines)));
        }
        return members.ToImmutable();
    }

    private static ImmutableArray<JsonNodeAt> Items(ref Utf8JsonReader reader, LineTable lines)
    {
        var items = ImmutableArray.CreateBuilder<JsonNodeAt>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(Value(ref reader, lines));
        return items.ToImmutable();
    }

    // The runtime's own words are about its reader, not about the file.
    private static ConfigurationError NotJson(TextPosition position, string? character) => character switch
    {
        null => new(position, "this is not JSON: the file ends too early", "something is not closed: a brace, a bracket, a string or a comment; {} is enough"),
        "\n" or "\r" => new(position, "this is not JSON: a line ends where it must not", "a string ends in the line in which it begins"),
        _ => new(position, $"this is not JSON: {character} is not expected here", "a comma, a colon, a quotation mark or a brace is missing or too many"),
    };

    /// <summary>Turns byte offsets into lines and columns (columns count characters, not bytes).</summary>
    private sealed class LineTable(byte[] text)
    {
        public TextPosition PositionOf(int line, int byteInLine)
        {
            var start = 0;
            for (; line > 0 && text.AsSpan(start).IndexOf((byte)'\n') is >= 0 and var end; line--)
                start += end + 1;
            return PositionOf(Math.Min(start + byteInLine, text.Length));
        }

        /// <summary>The character at a place; null at the end of the text.</summary>
        public string? TextAt(TextPosition position)
        {
            var line = Encoding.UTF8.GetString(text).Split('\n')[(position.Line - 1)..];
            return position.Column <= line[0].Length ? char.ConvertFromUtf32(Rune.GetRuneAt(line[0], position.Column - 1).Value)
                : line.Length > 1 ? "\n" : null;
        }

        public TextPosition PositionOf(long offset)
        {
            var before = text.AsSpan(0, (int)offset);
            var lineStart = before.LastIndexOf((byte)'\n') + 1;
            return new TextPosition(before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[lineStart..]) + 1);
        }
    }
}
