using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>The form of every JSON that is printed: for programs, but people read it too.</summary>
internal static class JsonText
{
    // What is printed is no part of a web page, so arrows and apostrophes can stay what they are.
    private static readonly JsonWriterOptions Form = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of an object.</summary>
    /// <param name="view">The object.</param>
    /// <param name="type">What to say of it.</param>
    public static string Of(object view, JsonTypeInfo type)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text, Form))
            JsonSerializer.Serialize(writer, view, type);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
