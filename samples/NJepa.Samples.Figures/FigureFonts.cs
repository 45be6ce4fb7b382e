using ScottPlot;
using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>
/// The figures' own typefaces. A bare server or container has no fonts, and text drawn without one is silently blank.
/// </summary>
internal sealed class FigureFonts : IFontResolver
{
    /// <summary>The name under which plots ask for them.</summary>
    public const string Family = "Inter";

    private static readonly Lazy<SKTypeface> LazyRegular = new(() => Load("Inter-Regular.ttf"));
    private static readonly Lazy<SKTypeface> LazySemiBold = new(() => Load("Inter-SemiBold.ttf"));
    private static readonly Lazy<bool> Registration = new(() =>
    {
        Fonts.FontResolvers.Insert(0, new FigureFonts());
        Fonts.Default = Family;
        Fonts.Sans = Family;
        return true;
    });

    private FigureFonts()
    {
    }

    public static SKTypeface Regular => LazyRegular.Value;

    public static SKTypeface SemiBold => LazySemiBold.Value;

    /// <summary>Makes plots use these fonts; the first call counts.</summary>
    public static void UseInPlots() => _ = Registration.Value;

    /// <inheritdoc/>
    public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        Load(weight >= FontWeight.SemiBold ? "Inter-SemiBold.ttf" : "Inter-Regular.ttf");

    /// <inheritdoc/>
    public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => Load(bold ? "Inter-SemiBold.ttf" : "Inter-Regular.ttf");

    private static SKTypeface Load(string resource)
    {
        using Stream stream = typeof(FigureFonts).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The font '{resource}' is not embedded in {typeof(FigureFonts).Assembly.GetName().Name}.");
        using SKData data = SKData.Create(stream);
        return SKTypeface.FromData(data) ?? throw new InvalidOperationException($"The embedded font '{resource}' could not be read.");
    }
}
