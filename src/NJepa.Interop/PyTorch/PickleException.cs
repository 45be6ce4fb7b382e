namespace NJepa.Interop;

/// <summary>A pickle is damaged, too large or asks for something that is not built here; whoever opened the file says which file it was.</summary>
internal sealed class PickleException(string message) : Exception(message);
