using NJepa.Models;

namespace NJepa.Samples.Ablation.Tables;

/// <summary>One row of a table: what is changed in the recipe that all rows share. Rows of several tables with the same id are the same runs, trained once.</summary>
/// <param name="Id">The name of its folder: lower case, no spaces.</param>
/// <param name="Name">The name in tables and charts.</param>
/// <param name="Recipe">Makes the arm's recipe from plain I-JEPA with the masks and the variance and covariance terms that all arms share.</param>
internal sealed record Arm(string Id, string Name, Func<JepaRecipe, JepaRecipe> Recipe);
