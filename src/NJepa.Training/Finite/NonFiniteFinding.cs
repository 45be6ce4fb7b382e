namespace NJepa.Training;

/// <summary>What the device has noted since it was asked last.</summary>
/// <param name="FirstStep">The first step with a number that is not finite, counted from 0.</param>
/// <param name="Terms">What was not finite in it.</param>
/// <param name="Blocked">The steps since then that changed nothing: under <see cref="NonFinitePolicy.Stop"/> all of them.</param>
internal sealed record NonFiniteFinding(long FirstStep, IReadOnlyList<string> Terms, long Blocked);
