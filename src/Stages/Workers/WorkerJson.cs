using System.Text.Json.Serialization;

namespace BpfIncr.Stages.Workers;

/// <summary>What goes over a worker's streams: one JSON text a line.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(ToolCall))]
[JsonSerializable(typeof(ToolResult))]
[JsonSerializable(typeof(WorkerGreeting))]
internal sealed partial class WorkerJson : JsonSerializerContext;
