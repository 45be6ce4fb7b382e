namespace NJepa.Interop;

/// <summary>Where a parameter of NJepa's, or a range of its rows, is kept in a file of another naming.</summary>
/// <param name="Parameter">NJepa's name.</param>
/// <param name="Source">The name in the file, without the module's prefix.</param>
/// <param name="Part">Which of the equal ranges of rows, from 0.</param>
/// <param name="Parts">How many ranges the parameter is kept in; 1 where it is whole.</param>
internal sealed record WeightPart(string Parameter, string Source, int Part = 0, int Parts = 1);
