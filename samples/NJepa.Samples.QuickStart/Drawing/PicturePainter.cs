namespace NJepa.Samples.QuickStart.Drawing;

/// <summary>
/// Composes one picture: a cloudy ground, a figure of random outline, place and size that carries the pattern of the class at a random
/// angle and scale, plain spots that hide parts of it, uneven light and grain. Everything but the pattern is drawn from the same
/// distribution for all classes.
/// </summary>
internal sealed class PicturePainter
{
    private readonly int _size;
    private readonly Palette _palette;
    private readonly Texture _texture;
    private readonly Blob _figure;
    private readonly bool _fillsPicture;
    private readonly Blob[] _spots;
    private readonly double _cos;
    private readonly double _sin;
    private readonly double _stretch;
    private readonly double _stretchCos;
    private readonly double _stretchSin;
    private readonly double _originX;
    private readonly double _originY;
    private readonly double _warp;
    private readonly double _warpPhase;
    private readonly double _lightX;
    private readonly double _lightY;
    private readonly double _grain;
    private readonly ulong _cloudSalt;
    private readonly ulong _grainSalt;

    public PicturePainter(PictureClass pictureClass, DrawnPicturesOptions options, CounterRandom random)
    {
        double hard = options.Difficulty;
        _size = options.Size;
        _palette = Palette.Draw(ref random, Between(ref random, Lerp(0.95, 0.35, hard), 1.0));

        double period = _size * 0.155 * Math.Pow(2, Between(ref random, -0.5, 0.5) * Lerp(0.6, 1.4, hard));
        _texture = new Texture(pictureClass, period, random.NextDouble(), random.NextDouble(), random.NextUInt64());
        (_sin, _cos) = Math.SinCos(2 * Math.PI * random.NextDouble());
        (_stretchSin, _stretchCos) = Math.SinCos(2 * Math.PI * random.NextDouble());
        _stretch = Math.Pow(2, Between(ref random, 0, Lerp(0.2, 0.7, hard))) - 1;

        double reach = Lerp(0.10, 0.22, hard);
        double centreX = _size * Between(ref random, 0.5 - reach, 0.5 + reach);
        double centreY = _size * Between(ref random, 0.5 - reach, 0.5 + reach);
        _figure = Blob.Draw(ref random, centreX, centreY, _size * Between(ref random, Lerp(0.42, 0.34, hard), 0.50), 0.11);
        _fillsPicture = random.NextDouble() < 0.2;
        _originX = centreX + (_size * Between(ref random, -0.24, 0.24));
        _originY = centreY + (_size * Between(ref random, -0.24, 0.24));
        _warp = _size * Between(ref random, 0, 0.012);
        _warpPhase = 2 * Math.PI * random.NextDouble();

        _spots = new Blob[random.NextInt(1 + (int)Math.Round(4 * hard))];
        for (int i = 0; i < _spots.Length; i++)
        {
            double x = _size * random.NextDouble();
            double y = _size * random.NextDouble();
            _spots[i] = Blob.Draw(ref random, x, y, _size * Between(ref random, 0.08, 0.13), 0.13);
        }

        (double lightSin, double lightCos) = Math.SinCos(2 * Math.PI * random.NextDouble());
        double light = Between(ref random, 0, 0.28);
        _lightX = light * lightCos / _size;
        _lightY = light * lightSin / _size;
        _grain = Between(ref random, 2, Lerp(2, 14, hard));
        _cloudSalt = random.NextUInt64();
        _grainSalt = random.NextUInt64();
    }

    /// <summary>The pixels: red, green, blue, row by row from the top.</summary>
    public byte[] Paint()
    {
        var pixels = new byte[_size * _size * 3];
        for (int y = 0, i = 0; y < _size; y++)
        {
            for (int x = 0; x < _size; x++, i += 3)
            {
                Rgb colour = Colour(x + 0.5, y + 0.5);
                double light = 1 + (_lightX * (x - (_size / 2.0))) + (_lightY * (y - (_size / 2.0)));
                colour = colour.Scale(light).Add(_grain * Grain((ulong)(i / 3)));
                pixels[i] = ToByte(colour.R);
                pixels[i + 1] = ToByte(colour.G);
                pixels[i + 2] = ToByte(colour.B);
            }
        }

        return pixels;
    }

    private Rgb Colour(double x, double y)
    {
        Rgb colour = Rgb.Mix(_palette.Ground, _palette.GroundShade, Cloud(x, y));
        double figure = _fillsPicture ? 1 : Coverage(_figure.Distance(x, y));
        if (figure > 0)
        {
            double bend = 2 * Math.PI / _size;
            double dx = x - _originX + (_warp * Math.Sin((bend * y) + _warpPhase));
            double dy = y - _originY + (_warp * Math.Sin((bend * x) + (2 * _warpPhase)));
            // The pattern is seen at a slant: shortened along one random direction.
            double along = _stretch * ((dx * _stretchCos) + (dy * _stretchSin));
            dx += along * _stretchCos;
            dy += along * _stretchSin;
            double ink = Coverage(_texture.Distance((dx * _cos) + (dy * _sin), (dy * _cos) - (dx * _sin)));
            colour = Rgb.Mix(colour, Rgb.Mix(_palette.Paper, _palette.Ink, ink), figure);
        }

        foreach (Blob spot in _spots)
        {
            colour = Rgb.Mix(colour, _palette.GroundShade, Coverage(spot.Distance(x, y)));
        }

        return colour;
    }

    /// <summary>Two octaves of smooth value noise, from 0 to 1.</summary>
    private double Cloud(double x, double y) =>
        (0.7 * ValueNoise(x / (_size * 0.35), y / (_size * 0.35), _cloudSalt)) + (0.3 * ValueNoise(x / (_size * 0.14), y / (_size * 0.14), ~_cloudSalt));

    private static double ValueNoise(double x, double y, ulong salt)
    {
        double column = Math.Floor(x);
        double row = Math.Floor(y);
        double tx = Smooth(x - column);
        double ty = Smooth(y - row);
        ulong key = ((ulong)(long)row << 32) + (ulong)(long)column;
        double top = Lerp(Corner(salt, key), Corner(salt, key + 1), tx);
        double bottom = Lerp(Corner(salt, key + (1UL << 32)), Corner(salt, key + (1UL << 32) + 1), tx);
        return Lerp(top, bottom, ty);
    }

    private static double Corner(ulong salt, ulong key) => (CounterRandom.Mix(salt ^ CounterRandom.Mix(key)) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Near enough to a standard normal number: the sum of four uniform ones, scaled.</summary>
    private double Grain(ulong pixel)
    {
        ulong bits = CounterRandom.Mix(_grainSalt ^ CounterRandom.Mix(pixel));
        double sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
        return ((sum / 65535) - 2) * 1.7320508;
    }

    private static double Coverage(double distance) => Math.Clamp(0.5 - distance, 0, 1);

    private static double Smooth(double t) => t * t * (3 - (2 * t));

    private static double Lerp(double from, double to, double t) => from + ((to - from) * t);

    private static double Between(ref CounterRandom random, double from, double to) => Lerp(from, to, random.NextDouble());

    private static byte ToByte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
