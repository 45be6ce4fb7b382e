namespace NJepa.Samples.QuickStart.Drawing;

/// <summary>
/// The colours of one picture. All pictures share a few neighbouring tones, and the choice knows nothing of the class: with free colours
/// an encoder learns to tell colours and nothing else, because they predict a hidden patch best.
/// </summary>
/// <param name="Ink">Colour of the pattern.</param>
/// <param name="Paper">Colour between the pattern.</param>
/// <param name="Ground">Colour behind the figure.</param>
/// <param name="GroundShade">A neighbour of <paramref name="Ground"/>, for clouds and distractors.</param>
internal readonly record struct Palette(Rgb Ink, Rgb Paper, Rgb Ground, Rgb GroundShade)
{
    private static readonly Rgb[] Darks = [new(30, 50, 84), new(34, 70, 92), new(58, 52, 90)];
    private static readonly Rgb[] Lights = [new(238, 226, 202), new(222, 228, 226), new(244, 212, 180)];
    private static readonly Rgb[] Grounds = [new(120, 140, 154), new(150, 148, 146), new(138, 132, 152)];

    /// <summary>Draws colours; <paramref name="contrast"/> 1 is the palette's own, 0 leaves none between ink and paper.</summary>
    public static Palette Draw(ref CounterRandom random, double contrast)
    {
        Rgb dark = Darks[random.NextInt(Darks.Length)].Jitter(ref random);
        Rgb light = Lights[random.NextInt(Lights.Length)].Jitter(ref random);
        Rgb ground = Grounds[random.NextInt(Grounds.Length)].Jitter(ref random);
        Rgb other = Grounds[random.NextInt(Grounds.Length)].Jitter(ref random);
        Rgb middle = Rgb.Mix(dark, light, 0.5);
        dark = Rgb.Mix(middle, dark, contrast);
        light = Rgb.Mix(middle, light, contrast);
        Rgb shade = Rgb.Mix(other, random.NextInt(2) == 0 ? dark : light, 0.35);
        return random.NextInt(2) == 0 ? new(dark, light, ground, shade) : new(light, dark, ground, shade);
    }
}
