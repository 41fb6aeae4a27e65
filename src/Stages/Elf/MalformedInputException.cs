namespace BpfIncr.Stages.Elf;

/// <summary>A file is not what it should be: cut short, damaged, or of another kind.</summary>
public sealed class MalformedInputException(string message) : Exception(message);
